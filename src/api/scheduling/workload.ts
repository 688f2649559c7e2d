import { kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, list, message, ref, string } from '../../apimachinery/schema/types.ts'
import { isDNS1123Subdomain, isPathSegmentName } from '../../apimachinery/validation/names.ts'
import { age } from '../columns.ts'
import { validateTemplates } from './pod-group-rules.ts'
import { PACKAGE, podGroupTemplate } from './pod-group-spec.ts'

const typedLocalObjectReference = message(
  `${PACKAGE}.TypedLocalObjectReference`,
  {
    apiGroup: string(1).format(isDNS1123Subdomain).doc('Its API group; empty for the core group.'),
    kind: string(2).required().format(isPathSegmentName).doc('Its kind.'),
    name: string(3).required().format(isPathSegmentName).doc('Its name.'),
  },
  { doc: 'An object in the same namespace.' },
)

export const workloadSpec = message(
  `${PACKAGE}.WorkloadSpec`,
  {
    controllerRef: ref(1, typedLocalObjectReference).immutable().doc('Whose pods they are, as a Job; for people.'),
    podGroupTemplates: list(2, podGroupTemplate)
      .required()
      .immutable()
      .mapKeys('name')
      .doc('What its groups of pods are made from; at most 8.'),
  },
  {
    doc: 'The groups of pods that a workload consists of.',
    validate({ podGroupTemplates }, at) {
      validateTemplates(podGroupTemplates, at.child('podGroupTemplates'))
    },
  },
)
export interface WorkloadSpec extends Infer<typeof workloadSpec> {}

const fields = {
  spec: ref(2, workloadSpec).present().doc('The groups of pods that it consists of.'),
}
export interface Workload extends ObjectOf<typeof fields> {}

export const workload = kind({
  group: 'scheduling.k8s.io',
  version: 'v1alpha2',
  kind: 'Workload',
  plural: 'workloads',
  scope: 'Namespaced',
  doc: 'Groups of pods, and how each is scheduled (KEP-4671).',
  fields,
  tracksGeneration: false,
  columns: [age],
})
