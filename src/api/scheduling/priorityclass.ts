import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { bool, int32, string } from '../../apimachinery/schema/types.ts'
import { age, column, count } from '../columns.ts'
import { validatePriorityClass, validatePriorityClassUpdate } from './priorityclass-rules.ts'

const fields = {
  value: int32(2).always().doc('The priority; higher goes first.'),
  globalDefault: bool(3).doc('Whether pods that name no class get this one.'),
  description: string(4).doc('When to use it.'),
  preemptionPolicy: string(5)
    .pointer()
    .default('PreemptLowerPriority')
    .oneOf('Never', 'PreemptLowerPriority')
    .doc('Whether its pods push out others: PreemptLowerPriority or Never.'),
}
export interface PriorityClass extends ObjectOf<typeof fields> {}

const columns: readonly Column<PriorityClass>[] = [
  count('Value', ({ value }) => value ?? 0, 'The priority.'),
  {
    ...column('Global-Default', ({ globalDefault }) => globalDefault ?? false, 'Whether it is the default.'),
    type: 'boolean',
  },
  age,
  column('PreemptionPolicy', ({ preemptionPolicy }) => preemptionPolicy, 'Whether its pods push out others.'),
]

export const priorityClass = kind({
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  shortNames: ['pc'],
  scope: 'Cluster',
  doc: 'Gives pods that name it a priority.',
  fields,
  tracksGeneration: true,
  validate(priorityClass, at) {
    validatePriorityClass(priorityClass, at)
  },
  validateUpdate(priorityClass, old, at) {
    validatePriorityClassUpdate(priorityClass, old, at)
  },
  columns,
})
