import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { bool, map, string, types } from '../../apimachinery/schema/types.ts'
import { age, column } from '../columns.ts'
import { validateDataUpdate } from './data-rules.ts'
import { mergeStringData, validateSecret } from './secret-rules.ts'

const fields = {
  immutable: bool(5).pointer().doc('Once true, neither this nor the data may change.'),
  data: map(2, types.bytes).doc('Bytes in base64, by key.'),
  stringData: map(4, types.string).doc('Texts, by key, that become data when written; never read back.'),
  type: string(3).default('Opaque').immutable().doc('What kind of secret it is, as kubernetes.io/tls.'),
}
export interface Secret extends ObjectOf<typeof fields> {}

const columns: readonly Column<Secret>[] = [
  column('Type', secret => secret.type, 'What kind of secret it is.'),
  column('Data', ({ data = {} }) => Object.keys(data).length, 'How many keys there are.'),
  age,
]

export const secret = kind({
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  scope: 'Namespaced',
  doc: 'Small sensitive values: passwords, tokens, keys.',
  fields,
  tracksGeneration: false,
  defaults(secret) {
    mergeStringData(secret)
  },
  validate(secret, at) {
    validateSecret(secret, at)
  },
  validateUpdate(secret, old, at) {
    validateDataUpdate(secret, old, ['data'], at)
  },
  selectableFields: { type: secret => secret.type },
  columns,
})
