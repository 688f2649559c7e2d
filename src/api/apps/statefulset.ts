import { selectorOf } from '../../apimachinery/labels.ts'
import { labelSelector } from '../../apimachinery/meta/label-selector.ts'
import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import {
  type Infer,
  int32,
  int64,
  intOrString,
  list,
  message,
  ref,
  string,
  time,
} from '../../apimachinery/schema/types.ts'
import { nameIsDNSLabel } from '../../apimachinery/validation/names.ts'
import { age, column, containers, images } from '../columns.ts'
import { workloadWarnings } from '../core/pod/pod-warnings.ts'
import { podTemplateSpec } from '../core/pod/template.ts'
import { validateStatefulSet, validateStatefulSetStatus, validateStatefulSetUpdate } from './statefulset-rules.ts'
import { volumeClaimTemplate } from './volume-claim-template.ts'

export const rollingUpdateStatefulSetStrategy = message(
  'k8s.io.api.apps.v1.RollingUpdateStatefulSetStrategy',
  {
    partition: int32(1).pointer().default(0).min(0).doc('Only pods with this ordinal or above are replaced.'),
    maxUnavailable: intOrString(2).pointer().doc('How many may be missing meanwhile, as a number or a percentage.'),
  },
  {
    doc: 'How pods are replaced one after another.',
  },
)
export interface RollingUpdateStatefulSetStrategy extends Infer<typeof rollingUpdateStatefulSetStrategy> {}

export const statefulSetUpdateStrategy = message(
  'k8s.io.api.apps.v1.StatefulSetUpdateStrategy',
  {
    type: string(1).default('RollingUpdate').doc('RollingUpdate, or OnDelete: when someone deletes them.'),
    rollingUpdate: ref(2, rollingUpdateStatefulSetStrategy).doc('For RollingUpdate: in what steps.'),
  },
  {
    doc: 'How pods are replaced when the template changes.',
    defaults(strategy) {
      if (strategy.type === 'RollingUpdate') strategy.rollingUpdate ??= { partition: 0 }
    },
  },
)
export interface StatefulSetUpdateStrategy extends Infer<typeof statefulSetUpdateStrategy> {}

export const statefulSetPersistentVolumeClaimRetentionPolicy = message(
  'k8s.io.api.apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy',
  {
    whenDeleted: string(1)
      .default('Retain')
      .oneOf('Delete', 'Retain')
      .doc('When the StatefulSet is deleted: Retain or Delete.'),
    whenScaled: string(2).default('Retain').oneOf('Delete', 'Retain').doc('When it is scaled down: Retain or Delete.'),
  },
  {
    doc: 'What becomes of the claims made from templates.',
  },
)
export interface StatefulSetPersistentVolumeClaimRetentionPolicy
  extends Infer<typeof statefulSetPersistentVolumeClaimRetentionPolicy> {}

export const statefulSetOrdinals = message(
  'k8s.io.api.apps.v1.StatefulSetOrdinals',
  {
    start: int32(1).always().min(0).doc('The first number.'),
  },
  {
    doc: 'How the pods are numbered.',
  },
)
export interface StatefulSetOrdinals extends Infer<typeof statefulSetOrdinals> {}

export const statefulSetSpec = message(
  'k8s.io.api.apps.v1.StatefulSetSpec',
  {
    replicas: int32(1).pointer().default(1).min(0).doc('How many pods.'),
    selector: ref(2, labelSelector).required().doc("Which pods are its own; must match the template's labels."),
    template: ref(3, podTemplateSpec).present().doc('What the pods are made from.'),
    volumeClaimTemplates: list(4, volumeClaimTemplate).atomic().doc("What each pod's claims are made from."),
    serviceName: string(5).always().doc('The headless Service that gives the pods their DNS names.'),
    podManagementPolicy: string(6).default('OrderedReady').doc('OrderedReady, or Parallel: not one after another.'),
    updateStrategy: ref(7, statefulSetUpdateStrategy).always().doc('How pods are replaced.'),
    revisionHistoryLimit: int32(8).pointer().default(10).min(0).doc('How many old revisions are kept to go back to.'),
    minReadySeconds: int32(9).min(0).doc('Seconds a pod must be ready to count as available.'),
    persistentVolumeClaimRetentionPolicy: ref(10, statefulSetPersistentVolumeClaimRetentionPolicy).doc(
      'What becomes of the claims.',
    ),
    ordinals: ref(11, statefulSetOrdinals).doc('How the pods are numbered; from 0 by default.'),
  },
  {
    doc: 'How many pods, what they are like, and how they are replaced.',
    defaults(spec) {
      spec.persistentVolumeClaimRetentionPolicy ??= { whenDeleted: 'Retain', whenScaled: 'Retain' }
    },
  },
)
export interface StatefulSetSpec extends Infer<typeof statefulSetSpec> {}

export const statefulSetCondition = message(
  'k8s.io.api.apps.v1.StatefulSetCondition',
  {
    type: string(1).present().doc('What is observed.'),
    status: string(2).present().doc('True, False or Unknown.'),
    lastTransitionTime: time(3).doc('When the status last changed.'),
    reason: string(4).doc('Why it last changed, as one CamelCase word.'),
    message: string(5).doc('The same for human readers.'),
  },
  {
    doc: 'One observation about a StatefulSet.',
  },
)
export interface StatefulSetCondition extends Infer<typeof statefulSetCondition> {}

export const statefulSetStatus = message(
  'k8s.io.api.apps.v1.StatefulSetStatus',
  {
    observedGeneration: int64(1).doc('The generation last acted upon.'),
    replicas: int32(2).present().doc('How many pods there are.'),
    readyReplicas: int32(3).doc('How many are ready.'),
    currentReplicas: int32(4).doc('How many are of the current revision.'),
    updatedReplicas: int32(5).doc('How many are of the revision being rolled out.'),
    currentRevision: string(6).doc('The current revision.'),
    updateRevision: string(7).doc('The revision being rolled out.'),
    collisionCount: int32(9).pointer().doc('How often a name for a revision was taken.'),
    conditions: list(10, statefulSetCondition).mapKeys('type').patchMerge('type').doc('Observations, by type.'),
    availableReplicas: int32(11).always().doc('How many are available.'),
  },
  {
    doc: 'What is known of a StatefulSet.',
  },
)
export interface StatefulSetStatus extends Infer<typeof statefulSetStatus> {}

const fields = {
  spec: ref(2, statefulSetSpec).always().doc('How many pods, what they are like, and how they are replaced.'),
  status: ref(3, statefulSetStatus).always().doc('What is known of it.'),
}
export interface StatefulSet extends ObjectOf<typeof fields> {}

const columns: readonly Column<StatefulSet>[] = [
  column('Ready', ({ spec, status }) => `${status.readyReplicas ?? 0}/${spec.replicas}`, 'How many pods are ready.'),
  age,
  containers(({ spec }) => spec.template.spec.containers),
  images(({ spec }) => spec.template.spec.containers),
]

export const statefulSet = kind({
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  plural: 'statefulsets',
  shortNames: ['sts'],
  categories: ['all'],
  scope: 'Namespaced',
  doc: 'Keeps pods with stable names and storage running.',
  fields,
  nameFormat: nameIsDNSLabel,
  subresources: {
    status: true,
    scale: {
      specReplicas: 'spec.replicas',
      statusReplicas: 'status.replicas',
      selector: ({ spec }) => selectorOf(spec.selector).toString(),
    },
  },
  validate(statefulSet, at) {
    validateStatefulSet(statefulSet.spec, at.child('spec'))
  },
  validateUpdate(statefulSet, old, at) {
    validateStatefulSetUpdate(statefulSet.spec, old.spec, at.child('spec'))
  },
  validateStatusUpdate({ status }, old, at) {
    validateStatefulSetStatus(status, old.status, at.child('status'))
  },
  warnings: (object, old) => workloadWarnings(object, old, object.spec.template, 'spec.template', false),
  columns,
})
