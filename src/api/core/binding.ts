import { kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { ref } from '../../apimachinery/schema/types.ts'
import { objectReference } from './references.ts'

const fields = {
  target: ref(2, objectReference).present().doc('The node.'),
}
export interface Binding extends ObjectOf<typeof fields> {}

export const binding = kind({
  group: '',
  version: 'v1',
  kind: 'Binding',
  plural: 'bindings',
  scope: 'Namespaced',
  doc: 'Puts a pod on a node.',
  fields,
  verbs: ['create'],
  virtual: true,
  validate(binding, at) {
    const { kind: target, name } = binding.target
    if (target && target !== 'Node') at.child('target', 'kind').notSupported(target, ['Node', '<empty>'])
    if (!name) at.child('target', 'name').required()
  },
})
