import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { bool, map, types } from '../../apimachinery/schema/types.ts'
import { age, column } from '../columns.ts'
import { validateConfigMap, validateDataUpdate } from './data-rules.ts'

const fields = {
  immutable: bool(4).pointer().doc('Once true, neither this nor the data may change.'),
  data: map(2, types.string).doc('Texts, by key.'),
  binaryData: map(3, types.bytes).doc('Bytes in base64, by key; keys differ from those of data.'),
}
export interface ConfigMap extends ObjectOf<typeof fields> {}

const columns: readonly Column<ConfigMap>[] = [
  column(
    'Data',
    ({ data = {}, binaryData = {} }) => Object.keys(data).length + Object.keys(binaryData).length,
    'How many keys there are.',
  ),
  age,
]

export const configMap = kind({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  shortNames: ['cm'],
  scope: 'Namespaced',
  doc: 'Configuration that pods take as files or environment variables.',
  fields,
  tracksGeneration: false,
  validate(configMap, at) {
    validateConfigMap(configMap, at)
  },
  validateUpdate(configMap, old, at) {
    validateDataUpdate(configMap, old, ['data', 'binaryData'], at)
  },
  columns,
})
