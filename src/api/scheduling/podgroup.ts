import { condition, validateConditions } from '../../apimachinery/meta/condition.ts'
import { kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, list, message, ref, string } from '../../apimachinery/schema/types.ts'
import { isDNS1123Label, isDNS1123Subdomain } from '../../apimachinery/validation/names.ts'
import { age } from '../columns.ts'
import { validateClaimStatuses, validateClaims, validateOneOf } from './pod-group-rules.ts'
import { PACKAGE, podGroupFields } from './pod-group-spec.ts'

const workloadPodGroupTemplateReference = message(
  `${PACKAGE}.WorkloadPodGroupTemplateReference`,
  {
    workloadName: string(1).required().format(isDNS1123Subdomain).doc('Name of the Workload.'),
    podGroupTemplateName: string(2).required().format(isDNS1123Label).doc('Name of the template in it.'),
  },
  { doc: 'A template of a Workload.' },
)

const podGroupTemplateReference = message(
  `${PACKAGE}.PodGroupTemplateReference`,
  { workload: ref(1, workloadPodGroupTemplateReference).doc('A template of a Workload.') },
  {
    doc: 'What a group was made from.',
    validate(reference, at) {
      validateOneOf(reference, ['workload'], at)
    },
  },
)

const { schedulingPolicy, schedulingConstraints, resourceClaims, disruptionMode, priorityClassName, priority } =
  podGroupFields

export const podGroupSpec = message(
  `${PACKAGE}.PodGroupSpec`,
  {
    podGroupTemplateRef: ref(1, podGroupTemplateReference).immutable().doc('What it was made from.'),
    schedulingPolicy: schedulingPolicy.immutable(),
    schedulingConstraints: schedulingConstraints.immutable(),
    resourceClaims: resourceClaims.immutable(),
    disruptionMode: disruptionMode.default('Pod').immutable(),
    priorityClassName: priorityClassName.immutable(),
    priority: priority.immutable(),
  },
  {
    doc: 'How a group of pods is scheduled.',
    validate({ resourceClaims: claims }, at) {
      validateClaims(claims, at.child('resourceClaims'))
    },
  },
)
export interface PodGroupSpec extends Infer<typeof podGroupSpec> {}

const podGroupResourceClaimStatus = message(
  `${PACKAGE}.PodGroupResourceClaimStatus`,
  {
    name: string(1).present().doc('Its name within the group.'),
    resourceClaimName: string(2)
      .pointer()
      .format(isDNS1123Subdomain)
      .doc('The ResourceClaim that was made; none when left out.'),
  },
  { doc: 'The ResourceClaim that was made for a group.' },
)

export const podGroupStatus = message(
  `${PACKAGE}.PodGroupStatus`,
  {
    conditions: list(1, condition)
      .mapKeys('type')
      .patchMerge('type')
      .doc('Observations, by type: PodGroupScheduled, DisruptionTarget.'),
    resourceClaimStatuses: list(2, podGroupResourceClaimStatus)
      .mapKeys('name')
      .patchMerge('name', 'retainKeys')
      .doc('The ResourceClaims that were made for it, by name.'),
  },
  { doc: 'What is known of a group.' },
)
export interface PodGroupStatus extends Infer<typeof podGroupStatus> {}

const fields = {
  spec: ref(2, podGroupSpec).present().doc('How its pods are scheduled.'),
  status: ref(3, podGroupStatus).always().doc('What is known of it.'),
}
export interface PodGroup extends ObjectOf<typeof fields> {}

export const podGroup = kind({
  group: 'scheduling.k8s.io',
  version: 'v1alpha2',
  kind: 'PodGroup',
  plural: 'podgroups',
  scope: 'Namespaced',
  subresources: { status: true },
  doc: 'Pods that are scheduled together (KEP-4671).',
  fields,
  tracksGeneration: false,
  validateStatusUpdate(group, _old, at) {
    validateConditions(group.status.conditions, at.child('status', 'conditions'))
    validateClaimStatuses(group, at.child('status', 'resourceClaimStatuses'))
  },
  columns: [age],
})
