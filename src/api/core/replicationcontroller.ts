import { formatLabels, selectorFromLabels } from '../../apimachinery/labels.ts'
import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import {
  type Infer,
  int32,
  int64,
  list,
  map,
  message,
  ref,
  string,
  time,
  types,
} from '../../apimachinery/schema/types.ts'
import { validateReplicaStatus } from '../apps/replica-rules.ts'
import { age, containers, count, images, wide } from '../columns.ts'
import { workloadWarnings } from './pod/pod-warnings.ts'
import { podTemplateSpec } from './pod/template.ts'
import { validateReplicationController } from './replicationcontroller-rules.ts'

export const replicationControllerSpec = message(
  'k8s.io.api.core.v1.ReplicationControllerSpec',
  {
    replicas: int32(1).pointer().default(1).min(0).doc('How many pods.'),
    minReadySeconds: int32(4).min(0).doc('Seconds a pod must be ready to count as available.'),
    selector: map(2, types.string).atomic().doc("Labels of its pods; the template's by default."),
    template: ref(3, podTemplateSpec).doc('What the pods are made from.'),
  },
  {
    doc: 'How many pods, and what they are like.',
  },
)
export interface ReplicationControllerSpec extends Infer<typeof replicationControllerSpec> {}

export const replicationControllerCondition = message(
  'k8s.io.api.core.v1.ReplicationControllerCondition',
  {
    type: string(1).present().doc('What is observed.'),
    status: string(2).present().doc('True, False or Unknown.'),
    lastTransitionTime: time(3).doc('When the status last changed.'),
    reason: string(4).doc('Why it last changed, as one CamelCase word.'),
    message: string(5).doc('The same for human readers.'),
  },
  {
    doc: 'One observation about a ReplicationController.',
  },
)
export interface ReplicationControllerCondition extends Infer<typeof replicationControllerCondition> {}

export const replicationControllerStatus = message(
  'k8s.io.api.core.v1.ReplicationControllerStatus',
  {
    replicas: int32(1).present().doc('How many pods there are.'),
    fullyLabeledReplicas: int32(2).doc('How many have all labels of the template.'),
    readyReplicas: int32(4).doc('How many are ready.'),
    availableReplicas: int32(5).doc('How many are available.'),
    observedGeneration: int64(3).doc('The generation last acted upon.'),
    conditions: list(6, replicationControllerCondition)
      .mapKeys('type')
      .patchMerge('type')
      .doc('Observations, by type.'),
  },
  {
    doc: 'What is known of a ReplicationController.',
  },
)
export interface ReplicationControllerStatus extends Infer<typeof replicationControllerStatus> {}

const fields = {
  spec: ref(2, replicationControllerSpec).always().doc('How many pods, and what they are like.'),
  status: ref(3, replicationControllerStatus).always().doc('What is known of it.'),
}
export interface ReplicationController extends ObjectOf<typeof fields> {}

const columns: readonly Column<ReplicationController>[] = [
  count('Desired', ({ spec }) => spec.replicas, 'How many pods it should have.'),
  count('Current', ({ status }) => status.replicas, 'How many pods there are.'),
  count('Ready', ({ status }) => status.readyReplicas ?? 0, 'How many are ready.'),
  age,
  containers(({ spec }) => spec.template?.spec.containers),
  images(({ spec }) => spec.template?.spec.containers),
  wide('Selector', ({ spec }) => formatLabels(spec.selector), 'Labels of its pods.'),
]

export const replicationController = kind({
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  plural: 'replicationcontrollers',
  shortNames: ['rc'],
  categories: ['all'],
  scope: 'Namespaced',
  doc: 'Keeps a set number of identical pods running; the older form of ReplicaSet.',
  fields,
  subresources: {
    status: true,
    scale: {
      specReplicas: 'spec.replicas',
      statusReplicas: 'status.replicas',
      selector: ({ spec }) => selectorFromLabels(spec.selector).toString(),
    },
  },
  defaults({ metadata, spec }) {
    const labels = spec.template?.metadata.labels
    if (!labels) return
    spec.selector ??= { ...labels }
    metadata.labels ??= { ...labels }
  },
  validate(controller, at) {
    validateReplicationController(controller.spec, at.child('spec'))
  },
  validateStatusUpdate({ status }, _old, at) {
    validateReplicaStatus(status, at.child('status'))
  },
  warnings: (object, old) => workloadWarnings(object, old, object.spec.template, 'spec.template'),
  selectableFields: { 'status.replicas': controller => String(controller.status.replicas) },
  columns,
})
