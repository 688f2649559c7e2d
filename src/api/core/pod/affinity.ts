import { labelSelector } from '../../../apimachinery/meta/label-selector.ts'
import { type Infer, int32, list, message, ref, string, types } from '../../../apimachinery/schema/types.ts'
import {
  validateNodeSelector,
  validateNodeSelectorTerm,
  validatePodAffinityTerm,
  validateWeight,
} from './affinity-rules.ts'

export const nodeSelectorRequirement = message(
  'k8s.io.api.core.v1.NodeSelectorRequirement',
  {
    key: string(1).present().doc('The label, or metadata.name.'),
    operator: string(2).present().doc('In, NotIn, Exists, DoesNotExist, Gt or Lt.'),
    values: list(3, types.string)
      .atomic()
      .doc('What it is compared with; one integer for Gt and Lt, none for Exists and DoesNotExist.'),
  },
  {
    doc: 'A condition on one label or field of a node.',
  },
)
export interface NodeSelectorRequirement extends Infer<typeof nodeSelectorRequirement> {}

export const nodeSelectorTerm = message(
  'k8s.io.api.core.v1.NodeSelectorTerm',
  {
    matchExpressions: list(1, nodeSelectorRequirement).atomic().doc('Conditions on labels.'),
    matchFields: list(2, nodeSelectorRequirement).atomic().doc('Conditions on fields.'),
  },
  {
    atomic: true,
    doc: 'Conditions on a node; all must hold, and an empty term takes no node.',
    validate(term, at) {
      validateNodeSelectorTerm(term, at)
    },
  },
)
export interface NodeSelectorTerm extends Infer<typeof nodeSelectorTerm> {}

export const nodeSelector = message(
  'k8s.io.api.core.v1.NodeSelector',
  {
    nodeSelectorTerms: list(1, nodeSelectorTerm).present().atomic().doc('The terms.'),
  },
  {
    atomic: true,
    doc: 'Takes the nodes that any of its terms takes.',
    validate(selector, at) {
      validateNodeSelector(selector, at)
    },
  },
)
export interface NodeSelector extends Infer<typeof nodeSelector> {}

export const preferredSchedulingTerm = message(
  'k8s.io.api.core.v1.PreferredSchedulingTerm',
  {
    weight: int32(1).present().doc('How much it counts, 1 to 100.'),
    preference: ref(2, nodeSelectorTerm).present().doc('Which nodes.'),
  },
  {
    doc: 'A wish for certain nodes.',
    validate(term, at) {
      validateWeight(term.weight, at.child('weight'))
    },
  },
)
export interface PreferredSchedulingTerm extends Infer<typeof preferredSchedulingTerm> {}

export const nodeAffinity = message(
  'k8s.io.api.core.v1.NodeAffinity',
  {
    requiredDuringSchedulingIgnoredDuringExecution: ref(1, nodeSelector).doc('The nodes it may be placed on.'),
    preferredDuringSchedulingIgnoredDuringExecution: list(2, preferredSchedulingTerm)
      .atomic()
      .doc('The nodes it is rather placed on; weights of those that hold add up.'),
  },
  {
    doc: 'Which nodes a pod may or should run on.',
  },
)
export interface NodeAffinity extends Infer<typeof nodeAffinity> {}

export const podAffinityTerm = message(
  'k8s.io.api.core.v1.PodAffinityTerm',
  {
    labelSelector: ref(1, labelSelector).doc('The pods, by their labels; none when not given.'),
    namespaces: list(2, types.string)
      .atomic()
      .doc("Their namespaces; the pod's own when there is no namespaceSelector either."),
    topologyKey: string(3).present().doc('Nodes with the same value of this label are near each other.'),
    namespaceSelector: ref(4, labelSelector).doc('Their namespaces, by label.'),
    matchLabelKeys: list(5, types.string).atomic().doc('Labels whose value must be the same as on this pod.'),
    mismatchLabelKeys: list(6, types.string).atomic().doc("Labels whose value must differ from this pod's."),
  },
  {
    doc: 'Names pods, and what it means to be near them.',
    validate(term, at) {
      validatePodAffinityTerm(term, at)
    },
  },
)
export interface PodAffinityTerm extends Infer<typeof podAffinityTerm> {}

export const weightedPodAffinityTerm = message(
  'k8s.io.api.core.v1.WeightedPodAffinityTerm',
  {
    weight: int32(1).present().doc('How much it counts, 1 to 100.'),
    podAffinityTerm: ref(2, podAffinityTerm).present().doc('Which pods.'),
  },
  {
    doc: 'A wish to be near, or far from, certain pods.',
    validate(term, at) {
      validateWeight(term.weight, at.child('weight'))
    },
  },
)
export interface WeightedPodAffinityTerm extends Infer<typeof weightedPodAffinityTerm> {}

export const podAffinity = message(
  'k8s.io.api.core.v1.PodAffinity',
  {
    requiredDuringSchedulingIgnoredDuringExecution: list(1, podAffinityTerm)
      .atomic()
      .doc('It must be placed near such pods; all terms must hold.'),
    preferredDuringSchedulingIgnoredDuringExecution: list(2, weightedPodAffinityTerm)
      .atomic()
      .doc('It is rather placed near such pods.'),
  },
  {
    doc: 'Pods to be near to.',
  },
)
export interface PodAffinity extends Infer<typeof podAffinity> {}

export const podAntiAffinity = message(
  'k8s.io.api.core.v1.PodAntiAffinity',
  {
    requiredDuringSchedulingIgnoredDuringExecution: list(1, podAffinityTerm)
      .atomic()
      .doc('It must not be placed near such pods.'),
    preferredDuringSchedulingIgnoredDuringExecution: list(2, weightedPodAffinityTerm)
      .atomic()
      .doc('It is rather not placed near such pods.'),
  },
  {
    doc: 'Pods to be far from.',
  },
)
export interface PodAntiAffinity extends Infer<typeof podAntiAffinity> {}

export const affinity = message(
  'k8s.io.api.core.v1.Affinity',
  {
    nodeAffinity: ref(1, nodeAffinity).doc('On which nodes.'),
    podAffinity: ref(2, podAffinity).doc('Near which pods.'),
    podAntiAffinity: ref(3, podAntiAffinity).doc('Far from which pods.'),
  },
  {
    doc: 'Where a pod may or should run.',
  },
)
export interface Affinity extends Infer<typeof affinity> {}
