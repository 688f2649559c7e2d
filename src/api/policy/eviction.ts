import { deleteOptions } from '../../apimachinery/meta/options.ts'
import { kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { ref } from '../../apimachinery/schema/types.ts'

const fields = {
  deleteOptions: ref(2, deleteOptions).doc('How to delete it.'),
}
export interface Eviction extends ObjectOf<typeof fields> {}

export const eviction = kind({
  group: 'policy',
  version: 'v1',
  kind: 'Eviction',
  plural: 'evictions',
  scope: 'Namespaced',
  doc: 'Asks a pod to leave its node, if its budgets allow.',
  fields,
  verbs: ['create'],
  virtual: true,
})
