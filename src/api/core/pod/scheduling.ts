import { labelSelector } from '../../../apimachinery/meta/label-selector.ts'
import { type Infer, int32, int64, list, message, ref, string, types } from '../../../apimachinery/schema/types.ts'
import { isQualifiedName } from '../../../apimachinery/validation/names.ts'
import { validateToleration, validateTopologySpreadConstraint } from './scheduling-rules.ts'

export const toleration = message(
  'k8s.io.api.core.v1.Toleration',
  {
    key: string(1).doc("The taint's key; empty with Exists for all taints."),
    operator: string(2).doc('Exists, Equal, Gt or Lt; Equal by default.'),
    value: string(3).doc("The taint's value, for Equal."),
    effect: string(4).doc("The taint's effect; empty for all."),
    tolerationSeconds: int64(5)
      .pointer()
      .doc('For NoExecute: seconds until the pod is evicted after all; not given means never.'),
  },
  {
    doc: 'Lets a pod onto nodes with a taint.',
    validate(toleration, at) {
      validateToleration(toleration, at)
    },
  },
)
export interface Toleration extends Infer<typeof toleration> {}

export const topologySpreadConstraint = message(
  'k8s.io.api.core.v1.TopologySpreadConstraint',
  {
    maxSkew: int32(1).present().doc('By how many pods parts may differ.'),
    topologyKey: string(2).present().doc('Nodes with the same value of this label are one part.'),
    whenUnsatisfiable: string(3).present().doc('DoNotSchedule, or ScheduleAnyway where it is only a wish.'),
    labelSelector: ref(4, labelSelector).doc('The pods that are counted.'),
    minDomains: int32(5).pointer().doc('Below so many parts the smallest counts as empty.'),
    nodeAffinityPolicy: string(6)
      .pointer()
      .doc("Whether the pod's node affinity decides which nodes count: Honor or Ignore."),
    nodeTaintsPolicy: string(7).pointer().doc('Whether taints decide which nodes count: Honor or Ignore.'),
    matchLabelKeys: list(8, types.string)
      .atomic()
      .doc('Labels whose value must be the same as on this pod to be counted.'),
  },
  {
    doc: 'How evenly pods are spread over parts of the cluster.',
    validate(constraint, at) {
      validateTopologySpreadConstraint(constraint, at)
    },
  },
)
export interface TopologySpreadConstraint extends Infer<typeof topologySpreadConstraint> {}

export const podReadinessGate = message(
  'k8s.io.api.core.v1.PodReadinessGate',
  {
    conditionType: string(1).present().format(isQualifiedName).doc("The condition's type."),
  },
  {
    doc: 'A condition that must be True for the pod to be ready.',
  },
)
export interface PodReadinessGate extends Infer<typeof podReadinessGate> {}

export const podSchedulingGate = message(
  'k8s.io.api.core.v1.PodSchedulingGate',
  {
    name: string(1).required().format(isQualifiedName).doc('Its name.'),
  },
  {
    doc: 'Keeps a pod from being scheduled until it is removed.',
  },
)
export interface PodSchedulingGate extends Infer<typeof podSchedulingGate> {}

export const podSchedulingGroup = message(
  'k8s.io.api.core.v1.PodSchedulingGroup',
  {
    podGroupName: string(1).pointer().doc('Name of the PodGroup.'),
  },
  {
    doc: 'The group of pods that this one is scheduled with.',
    validate({ podGroupName }, at) {
      if (!podGroupName) at.child('podGroupName').required()
    },
  },
)
export interface PodSchedulingGroup extends Infer<typeof podSchedulingGroup> {}
