import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, int32, message, ref, string } from '../../apimachinery/schema/types.ts'
import { age, count } from '../columns.ts'

export const scaleSpec = message(
  'k8s.io.api.autoscaling.v1.ScaleSpec',
  {
    replicas: int32(1).min(0).doc('How many.'),
  },
  {
    doc: 'How many there should be.',
  },
)
export interface ScaleSpec extends Infer<typeof scaleSpec> {}

export const scaleStatus = message(
  'k8s.io.api.autoscaling.v1.ScaleStatus',
  {
    replicas: int32(1).present().doc('How many.'),
    selector: string(2).doc('The selector of the pods, as a string.'),
  },
  {
    doc: 'How many there are.',
  },
)
export interface ScaleStatus extends Infer<typeof scaleStatus> {}

const fields = {
  spec: ref(2, scaleSpec).always().doc('How many there should be.'),
  status: ref(3, scaleStatus).always().doc('How many there are.'),
}
export interface Scale extends ObjectOf<typeof fields> {}

const columns: readonly Column<Scale>[] = [
  count('Desired', ({ spec }) => spec.replicas ?? 0, 'How many there should be.'),
  count('Available', ({ status }) => status.replicas, 'How many there are.'),
  age,
]

export const scale = kind({
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
  plural: 'scales',
  scope: 'Namespaced',
  doc: 'The size of anything that can be scaled.',
  fields,
  verbs: ['get', 'patch', 'update'],
  tracksGeneration: false,
  columns,
})
