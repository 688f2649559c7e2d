import { deepEqual } from '../../../apimachinery/json.ts'
import { compileRe2 } from '../../../apimachinery/re2.ts'
import { At } from '../../../apimachinery/validation/at.ts'
import type { JSONSchemaProps } from '../json-schema-props.ts'
import { additionalOf, isEmbedded, itemsOf, keepsUnknown, someSchema } from './structural.ts'

/** The rules that make a schema structural, after upstream's apiserver/schema (validation.go, complete.go, convert.go). */

const UNSUPPORTED = [
  'id',
  '$schema',
  '$ref',
  'patternProperties',
  'dependencies',
  'additionalItems',
  'definitions',
] as const
const INT_OR_STRING = [{ type: 'integer' }, { type: 'string' }]

type Level = 'root' | 'item' | 'field'

/** Why a schema cannot be looked at as a structural one at all; undefined when it can. */
export function structuralProblem(schema: JSONSchemaProps): string | undefined {
  let problem: string | undefined
  someSchema(schema, one => {
    problem = problemOf(one)
    return problem !== undefined
  })
  return problem
}

function problemOf(schema: JSONSchemaProps): string | undefined {
  for (const key of UNSUPPORTED) {
    if (schema[key] === undefined) continue
    return `OpenAPIV3Schema '${key === '$schema' ? 'schema' : key}' is not supported`
  }
  if (Array.isArray(schema.items)) return "OpenAPIV3Schema 'items' must be a schema, but is an array"
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
    return "internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined"
  }
  return undefined
}

/** Reports what keeps a schema from being structural, sorted as upstream sorts it. */
export function validateStructural(schema: JSONSchemaProps, at: At): void {
  const own = new At([], at)
  checkShape(schema, 'root', own)
  checkCompleteness(schema, schema, own, own)
  const shown = (error: (typeof own.errors)[number]) => `${error.field}: ${error.message}`
  at.errors.push(...own.errors.sort((a, b) => (shown(a) < shown(b) ? -1 : 1)))
}

function checkShape(schema: JSONSchemaProps, level: Level, at: At): void {
  const items = itemsOf(schema)
  if (schema.type === 'array' && !items) at.child('items').required('must be specified')
  if (items) checkShape(items, 'item', at.child('items'))
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    checkShape(property, 'field', at.child('properties').key(name))
  }
  if (schema.additionalProperties !== undefined) {
    const place = at.child('additionalProperties')
    if (level === 'root') place.forbidden('must not be used at the root')
    const additional = additionalOf(schema)
    if (additional) checkShape(additional, 'field', place)
  }
  checkExtensions(schema, at)
  checkValues(schema, isIntOrString(schema.anyOf), isIntOrString(schema.allOf?.[0]?.anyOf), at)
  checkTypeAndMeta(schema, level, at)
}

const isIntOrString = (anyOf: readonly JSONSchemaProps[] | undefined): boolean => deepEqual(anyOf, INT_OR_STRING)

function checkExtensions(schema: JSONSchemaProps, at: At): void {
  if (!schema['x-kubernetes-int-or-string']) return
  const why = 'must be false if x-kubernetes-int-or-string is true'
  if (keepsUnknown(schema)) at.child('x-kubernetes-preserve-unknown-fields').invalid(true, why)
  if (isEmbedded(schema)) at.child('x-kubernetes-embedded-resource').invalid(true, why)
}

const EMPTY_TYPE: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
}

function checkTypeAndMeta(schema: JSONSchemaProps, level: Level, at: At): void {
  const { type = '', properties = {} } = schema
  const embedded = isEmbedded(schema)
  const typed = at.child('type')
  if (embedded && type !== 'object') {
    const why = 'must be object if x-kubernetes-embedded-resource is true'
    if (type) typed.invalid(type, why)
    else typed.required(why)
  } else if (!type && !schema['x-kubernetes-int-or-string'] && !keepsUnknown(schema)) {
    typed.required(EMPTY_TYPE[level])
  }
  if (embedded && schema.additionalProperties !== undefined) {
    at.child('additionalProperties').forbidden('must not be used if x-kubernetes-embedded-resource is set')
  }
  if (level === 'root' && type && type !== 'object') typed.invalid(type, 'must be object at the root')

  const whole = level === 'root' || embedded
  for (const name of ['kind', 'apiVersion']) {
    const property = properties[name]
    if (!property || !whole || property.type === 'string') continue
    at.child('properties')
      .key(name)
      .child('type')
      .invalid(property.type ?? '', 'must be string')
  }
  if (properties.metadata) checkMetadata(properties.metadata, whole, level, at.child('properties').key('metadata'))
  if (embedded && !keepsUnknown(schema) && Object.keys(properties).length === 0) {
    at.child('properties').required(
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
    )
  }
}

function checkMetadata(schema: JSONSchemaProps, whole: boolean, level: Level, at: At): void {
  if (whole && schema.type !== 'object') at.child('type').invalid(schema.type ?? '', 'must be object')
  if (level !== 'root') return
  const { type: _, default: __, properties = {}, ...rest } = schema
  const onlyNames = Object.keys(properties).every(name => name === 'name' || name === 'generateName')
  if (onlyNames && Object.keys(rest).length === 0) return
  at.forbidden('must not specify anything other than name and generateName, but metadata is implicitly specified')
}

/** What a schema says of values. `skipAnyOf`, `skipFirst`: the pattern of int-or-string, which may name types. */
function checkValues(schema: JSONSchemaProps, skipAnyOf: boolean, skipFirst: boolean, at: At): void {
  if (!skipAnyOf) schema.anyOf?.forEach((one, i) => void checkNested(one, false, at.child('anyOf').index(i)))
  schema.allOf?.forEach((one, i) => void checkNested(one, skipFirst && i === 0, at.child('allOf').index(i)))
  schema.oneOf?.forEach((one, i) => void checkNested(one, false, at.child('oneOf').index(i)))
  if (schema.not) checkNested(schema.not, false, at.child('not'))
  if (!schema.pattern) return
  try {
    compileRe2(schema.pattern)
  } catch (error) {
    const why = `must be a valid regular expression, but isn't: ${(error as Error).message}`
    at.child('pattern').invalid(schema.pattern, why)
  }
}

const NOT_NESTED: readonly [key: keyof JSONSchemaProps, must: string][] = [
  ['type', 'must be empty to be structural'],
  ['additionalProperties', 'must be undefined to be structural'],
  ['default', 'must be undefined to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['nullable', 'must be false to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
  ['x-kubernetes-validations', 'must be empty to be structural'],
]

function checkNested(schema: JSONSchemaProps, skipAnyOf: boolean, at: At): void {
  checkValues(schema, skipAnyOf, false, at)
  const items = itemsOf(schema)
  if (items) checkNested(items, false, at.child('items'))
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    checkNested(property, false, at.child('properties').key(name))
  }
  for (const [key, must] of NOT_NESTED) {
    if (schema[key] !== undefined && schema[key] !== false) at.child(key).forbidden(must)
  }
  if (schema.properties?.metadata) {
    at.child('properties').key('metadata').forbidden('must not be specified in a nested context')
  }
}

/** What combinations speak of must be stated outside of them. */
function checkCompleteness(values: JSONSchemaProps, schema: JSONSchemaProps | undefined, at: At, from: At): void {
  const nested = (one: JSONSchemaProps, where: At) => checkNestedCompleteness(one, schema, at, where)
  if (values.not) nested(values.not, from.child('not'))
  values.allOf?.forEach((one, i) => void nested(one, from.child('allOf').index(i)))
  values.anyOf?.forEach((one, i) => void nested(one, from.child('anyOf').index(i)))
  values.oneOf?.forEach((one, i) => void nested(one, from.child('oneOf').index(i)))
}

function checkNestedCompleteness(values: JSONSchemaProps, schema: JSONSchemaProps | undefined, at: At, from: At): void {
  if (!schema) {
    at.required(`because it is defined in ${from.path}`)
    return
  }
  checkCompleteness(values, schema, at, from)
  const items = itemsOf(values)
  if (items) checkNestedCompleteness(items, itemsOf(schema), at.child('items'), from.child('items'))
  for (const [name, property] of Object.entries(values.properties ?? {})) {
    const [place, defined] = [at.child('properties').key(name), from.child('properties').key(name)]
    checkNestedCompleteness(property, schema.properties?.[name], place, defined)
  }
}
