import type { At } from '../../../apimachinery/validation/at.ts'
import type { CustomResourceColumnDefinition, CustomResourceDefinitionVersion } from '../definition-messages.ts'
import type { JSONSchemaProps } from '../json-schema-props.ts'
import { parseFieldPath } from '../rules/field-path.ts'
import { MAX_SELECTABLE_FIELDS } from './options.ts'

const COLUMN_TYPES = 'boolean,date,integer,number,string'
const COLUMN_FORMATS = 'byte,date,date-time,double,float,int32,int64,password'
const isOneOf = (list: string, value: string) => list.split(',').includes(value)

/** A path of the simple form that columns and subresources have. */
export function validateSimplePath(path: string, at: At): boolean {
  if (path.startsWith('.')) return true
  at.invalid(path, 'must be a simple json path starting with .')
  return false
}

export function validateColumn({ name, type, format, jsonPath }: CustomResourceColumnDefinition, at: At): void {
  if (name === '') at.child('name').required()
  if (type === '') at.child('type').required(`must be one of ${COLUMN_TYPES}`)
  else if (!isOneOf(COLUMN_TYPES, type)) at.child('type').invalid(type, `must be one of ${COLUMN_TYPES}`)
  if (format && !isOneOf(COLUMN_FORMATS, format)) at.child('format').invalid(format, `must be one of ${COLUMN_FORMATS}`)
  if (jsonPath === '') at.child('JSONPath').required()
  else validateSimplePath(jsonPath, at.child('JSONPath'))
}

export function validateSubresources({ scale }: NonNullable<CustomResourceDefinitionVersion['subresources']>, at: At) {
  if (!scale) return
  const under = (path: string, field: string, roots: readonly string[], where: string) => {
    const place = at.child('scale', field)
    if (path === '') place.required()
    else if (validateSimplePath(path, place) && !roots.some(root => path.startsWith(root))) {
      place.invalid(path, `should be a json path under ${where}`)
    }
  }
  under(scale.specReplicasPath, 'specReplicasPath', ['.spec.'], '.spec')
  under(scale.statusReplicasPath, 'statusReplicasPath', ['.status.'], '.status')
  if (scale.labelSelectorPath) {
    under(scale.labelSelectorPath, 'labelSelectorPath', ['.spec.', '.status.'], 'either .spec or .status')
  }
}

const SELECTABLE_TYPES = ['string', 'boolean', 'integer']

/** `many`: there may be more than there can be now. */
export function validateSelectableFields(
  fields: NonNullable<CustomResourceDefinitionVersion['selectableFields']>,
  schema: JSONSchemaProps,
  many: boolean,
  at: At,
): void {
  const known = new Set<string>()
  fields.forEach(({ jsonPath }, i) => {
    const place = at.index(i).child('jsonPath')
    if (jsonPath === '') {
      place.required()
      return
    }
    let found: ReturnType<typeof parseFieldPath>
    try {
      found = parseFieldPath(jsonPath, schema, false)
    } catch (error) {
      place.invalid(jsonPath, `is an invalid path: ${(error as Error).message}`)
      return
    }
    if (/^metadata(\.|$)/.test(found.path)) place.invalid(jsonPath, 'must not point to fields in metadata')
    if (!SELECTABLE_TYPES.includes(found.schema.type ?? '')) {
      const why =
        'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.'
      place.invalid(jsonPath, why)
    }
    if (known.has(found.path)) place.duplicate(jsonPath)
    known.add(found.path)
  })
  if (known.size > MAX_SELECTABLE_FIELDS && !many) at.tooMany(known.size, MAX_SELECTABLE_FIELDS)
}
