import { formatLabelSelector, formatLabels } from '../../apimachinery/labels.ts'
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
import { age, column, containers, count, images, wide } from '../columns.ts'
import { workloadWarnings } from '../core/pod/pod-warnings.ts'
import { podTemplateSpec } from '../core/pod/template.ts'
import { defaultDaemonSetStrategy, validateDaemonSet } from './daemonset-rules.ts'

export const rollingUpdateDaemonSet = message(
  'k8s.io.api.apps.v1.RollingUpdateDaemonSet',
  {
    maxUnavailable: intOrString(1).pointer().doc('How many may be missing meanwhile, as a number or a percentage.'),
    maxSurge: intOrString(2).pointer().doc('On how many nodes a new pod may start before the old one ends.'),
  },
  {
    doc: 'How pods are replaced little by little.',
  },
)
export interface RollingUpdateDaemonSet extends Infer<typeof rollingUpdateDaemonSet> {}

export const daemonSetUpdateStrategy = message(
  'k8s.io.api.apps.v1.DaemonSetUpdateStrategy',
  {
    type: string(1)
      .default('RollingUpdate')
      .oneOf('OnDelete', 'RollingUpdate')
      .doc('RollingUpdate, or OnDelete: when someone deletes them.'),
    rollingUpdate: ref(2, rollingUpdateDaemonSet).doc('For RollingUpdate: in what steps.'),
  },
  {
    doc: 'How pods are replaced when the template changes.',
    defaults(strategy) {
      defaultDaemonSetStrategy(strategy)
    },
  },
)
export interface DaemonSetUpdateStrategy extends Infer<typeof daemonSetUpdateStrategy> {}

export const daemonSetSpec = message(
  'k8s.io.api.apps.v1.DaemonSetSpec',
  {
    selector: ref(1, labelSelector)
      .required()
      .immutable()
      .doc("Which pods are its own; must match the template's labels."),
    template: ref(2, podTemplateSpec).present().doc('What the pods are made from.'),
    updateStrategy: ref(3, daemonSetUpdateStrategy).always().doc('How pods are replaced.'),
    minReadySeconds: int32(4).min(0).doc('Seconds a pod must be ready to count as available.'),
    revisionHistoryLimit: int32(6).pointer().default(10).min(0).doc('How many old revisions are kept to go back to.'),
  },
  {
    doc: 'What the pods are like, and how they are replaced.',
  },
)
export interface DaemonSetSpec extends Infer<typeof daemonSetSpec> {}

export const daemonSetCondition = message(
  'k8s.io.api.apps.v1.DaemonSetCondition',
  {
    type: string(1).present().doc('What is observed.'),
    status: string(2).present().doc('True, False or Unknown.'),
    lastTransitionTime: time(3).doc('When the status last changed.'),
    reason: string(4).doc('Why it last changed, as one CamelCase word.'),
    message: string(5).doc('The same for human readers.'),
  },
  {
    doc: 'One observation about a DaemonSet.',
  },
)
export interface DaemonSetCondition extends Infer<typeof daemonSetCondition> {}

export const daemonSetStatus = message(
  'k8s.io.api.apps.v1.DaemonSetStatus',
  {
    currentNumberScheduled: int32(1).present().min(0).doc('On how many nodes that should have a pod there is one.'),
    numberMisscheduled: int32(2).present().min(0).doc('On how many nodes that should have none there is one.'),
    desiredNumberScheduled: int32(3).present().min(0).doc('On how many nodes there should be one.'),
    numberReady: int32(4).present().min(0).doc('On how many nodes one is ready.'),
    observedGeneration: int64(5).doc('The generation last acted upon.'),
    updatedNumberScheduled: int32(6).min(0).doc('On how many nodes one is made from the current template.'),
    numberAvailable: int32(7).min(0).doc('On how many nodes one is available.'),
    numberUnavailable: int32(8).min(0).doc('On how many nodes none is available.'),
    collisionCount: int32(9).pointer().doc('How often a name for a revision was taken.'),
    conditions: list(10, daemonSetCondition).mapKeys('type').patchMerge('type').doc('Observations, by type.'),
  },
  {
    doc: 'What is known of a DaemonSet.',
  },
)
export interface DaemonSetStatus extends Infer<typeof daemonSetStatus> {}

const fields = {
  spec: ref(2, daemonSetSpec).always().doc('What the pods are like, and how they are replaced.'),
  status: ref(3, daemonSetStatus).always().doc('What is known of it.'),
}
export interface DaemonSet extends ObjectOf<typeof fields> {}

const columns: readonly Column<DaemonSet>[] = [
  count('Desired', ({ status }) => status.desiredNumberScheduled, 'On how many nodes there should be a pod.'),
  count('Current', ({ status }) => status.currentNumberScheduled, 'On how many of them there is one.'),
  count('Ready', ({ status }) => status.numberReady, 'On how many one is ready.'),
  count('Up-to-date', ({ status }) => status.updatedNumberScheduled ?? 0, 'On how many one is up to date.'),
  count('Available', ({ status }) => status.numberAvailable ?? 0, 'On how many one is available.'),
  column('Node Selector', ({ spec }) => formatLabels(spec.template.spec.nodeSelector), 'Labels the nodes must have.'),
  age,
  containers(({ spec }) => spec.template.spec.containers),
  images(({ spec }) => spec.template.spec.containers),
  wide('Selector', ({ spec }) => formatLabelSelector(spec.selector), 'Which pods are its own.'),
]

export const daemonSet = kind({
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  plural: 'daemonsets',
  shortNames: ['ds'],
  categories: ['all'],
  scope: 'Namespaced',
  subresources: { status: true },
  doc: 'Keeps one pod running on every node that fits.',
  fields,
  validate(daemonSet, at) {
    validateDaemonSet(daemonSet.spec, at.child('spec'))
  },
  warnings: (object, old) => workloadWarnings(object, old, object.spec.template, 'spec.template', false),
  columns,
})
