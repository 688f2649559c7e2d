import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, list, map, message, ref, string, types } from '../../apimachinery/schema/types.ts'
import { isDNS1123Label } from '../../apimachinery/validation/names.ts'
import { age, column } from '../columns.ts'
import { toleration } from '../core/pod/scheduling.ts'

export const overhead = message(
  'k8s.io.api.node.v1.Overhead',
  {
    podFixed: map(1, types.quantity).doc('How much, by resource.'),
  },
  {
    doc: 'What a runtime itself needs for a pod.',
  },
)
export interface Overhead extends Infer<typeof overhead> {}

export const scheduling = message(
  'k8s.io.api.node.v1.Scheduling',
  {
    nodeSelector: map(1, types.string).atomic().doc('Labels that the nodes have.'),
    tolerations: list(2, toleration).atomic().doc('Taints of those nodes that its pods tolerate.'),
  },
  {
    doc: 'On which nodes a runtime is.',
  },
)
export interface Scheduling extends Infer<typeof scheduling> {}

const fields = {
  handler: string(2).required().format(isDNS1123Label).immutable().doc('The handler of the container runtime.'),
  overhead: ref(3, overhead).doc('What it needs for a pod.'),
  scheduling: ref(4, scheduling).doc('On which nodes it is.'),
}
export interface RuntimeClass extends ObjectOf<typeof fields> {}

const columns: readonly Column<RuntimeClass>[] = [
  column('Handler', ({ handler }) => handler, 'The handler of the container runtime.'),
  age,
]

export const runtimeClass = kind({
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  plural: 'runtimeclasses',
  scope: 'Cluster',
  doc: 'Names a runtime that pods can ask for.',
  fields,
  tracksGeneration: false,
  columns,
})
