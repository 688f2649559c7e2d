import { formatLabelSelector, selectorOf } from '../../apimachinery/labels.ts'
import { labelSelector } from '../../apimachinery/meta/label-selector.ts'
import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, int32, int64, list, message, ref, string, time } from '../../apimachinery/schema/types.ts'
import { age, containers, count, images, wide } from '../columns.ts'
import { workloadWarnings } from '../core/pod/pod-warnings.ts'
import { podTemplateSpec } from '../core/pod/template.ts'
import { validateReplicaStatus } from './replica-rules.ts'
import { validateSelectedTemplate } from './template-rules.ts'

export const replicaSetSpec = message(
  'k8s.io.api.apps.v1.ReplicaSetSpec',
  {
    replicas: int32(1).pointer().default(1).min(0).doc('How many pods.'),
    minReadySeconds: int32(4).min(0).doc('Seconds a pod must be ready to count as available.'),
    selector: ref(2, labelSelector)
      .required()
      .immutable()
      .doc("Which pods are its own; must match the template's labels."),
    template: ref(3, podTemplateSpec).always().doc('What the pods are made from.'),
  },
  {
    doc: 'How many pods, and what they are like.',
  },
)
export interface ReplicaSetSpec extends Infer<typeof replicaSetSpec> {}

export const replicaSetCondition = message(
  'k8s.io.api.apps.v1.ReplicaSetCondition',
  {
    type: string(1).present().doc('What is observed, as ReplicaFailure.'),
    status: string(2).present().doc('True, False or Unknown.'),
    lastTransitionTime: time(3).doc('When the status last changed.'),
    reason: string(4).doc('Why it last changed, as one CamelCase word.'),
    message: string(5).doc('The same for human readers.'),
  },
  {
    doc: 'One observation about a ReplicaSet.',
  },
)
export interface ReplicaSetCondition extends Infer<typeof replicaSetCondition> {}

export const replicaSetStatus = message(
  'k8s.io.api.apps.v1.ReplicaSetStatus',
  {
    replicas: int32(1).present().doc('How many pods there are.'),
    fullyLabeledReplicas: int32(2).doc('How many have all labels of the template.'),
    readyReplicas: int32(4).doc('How many are ready.'),
    availableReplicas: int32(5).doc('How many are available.'),
    terminatingReplicas: int32(7).pointer().doc('How many are ending.'),
    observedGeneration: int64(3).doc('The generation last acted upon.'),
    conditions: list(6, replicaSetCondition).mapKeys('type').patchMerge('type').doc('Observations, by type.'),
  },
  {
    doc: 'What is known of a ReplicaSet.',
  },
)
export interface ReplicaSetStatus extends Infer<typeof replicaSetStatus> {}

const fields = {
  spec: ref(2, replicaSetSpec).always().doc('How many pods, and what they are like.'),
  status: ref(3, replicaSetStatus).always().doc('What is known of it.'),
}
export interface ReplicaSet extends ObjectOf<typeof fields> {}

const columns: readonly Column<ReplicaSet>[] = [
  count('Desired', ({ spec }) => spec.replicas, 'How many pods it should have.'),
  count('Current', ({ status }) => status.replicas, 'How many pods there are.'),
  count('Ready', ({ status }) => status.readyReplicas ?? 0, 'How many are ready.'),
  age,
  containers(({ spec }) => spec.template.spec.containers),
  images(({ spec }) => spec.template.spec.containers),
  wide('Selector', ({ spec }) => formatLabelSelector(spec.selector), 'Which pods are its own.'),
]

export const replicaSet = kind({
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  shortNames: ['rs'],
  categories: ['all'],
  scope: 'Namespaced',
  doc: 'Keeps a set number of identical pods running.',
  fields,
  subresources: {
    status: true,
    scale: {
      specReplicas: 'spec.replicas',
      statusReplicas: 'status.replicas',
      selector: ({ spec }) => selectorOf(spec.selector).toString(),
    },
  },
  validate({ spec }, at) {
    validateSelectedTemplate(spec, 'deployment', 'ReplicaSet', at.child('spec'))
  },
  validateStatusUpdate({ status }, _old, at) {
    validateReplicaStatus(status, at.child('status'))
  },
  warnings: (object, old) => workloadWarnings(object, old, object.spec.template, 'spec.template'),
  selectableFields: { 'status.replicas': ({ status }) => String(status.replicas) },
  columns,
})
