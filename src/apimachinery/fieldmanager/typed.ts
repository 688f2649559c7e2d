import {
  type Field,
  isDeduced,
  isList,
  isMap,
  isMessage,
  type ListSemantics,
  type Message,
  type Presence,
  type Type,
} from '../schema/types.ts'

export type AnyField = Field<unknown, unknown, Presence>
export type Value = unknown
export type ObjectValue = Record<string, unknown>

/** How server-side apply sees a value: as one thing, as named fields, or as a list whose items have identities. */
export type Shape =
  | { kind: 'leaf' }
  | { kind: 'fields'; message: Message | undefined; valueType: Type | undefined }
  | { kind: 'map-list'; item: Message; keys: readonly string[] }
  | { kind: 'set-list' }

export type ListShape = Shape & { kind: 'map-list' | 'set-list' }

const LEAF: Shape = { kind: 'leaf' }
const SET_LIST: Shape = { kind: 'set-list' }
const shapes = new WeakMap<object, Shape>()

/** The shape of a field's value. */
export function shapeOfField(field: AnyField): Shape {
  let shape = shapes.get(field)
  if (!shape) {
    shape = computeField(field)
    shapes.set(field, shape)
  }
  return shape
}

function computeField({ type, facts }: AnyField): Shape {
  if (facts.atomic) return LEAF
  if (!isList(type) || !facts.listSemantics) return shapeOfType(type)
  return listShape(facts.listSemantics, type.item, facts.mapKeys)
}

function listShape(semantics: ListSemantics | undefined, item: Type, keys: readonly string[] = []): Shape {
  if (semantics === 'set') return SET_LIST
  return semantics === 'map' && isMessage(item) ? { kind: 'map-list', item, keys: [...keys].sort() } : LEAF
}

/** The shape of a value where only its type is known: an item, a map's value, the whole object. */
export function shapeOfType(type: Type): Shape {
  let shape = shapes.get(type)
  if (!shape) {
    shape = computeType(type)
    shapes.set(type, shape)
  }
  return shape
}

function computeType(type: Type): Shape {
  if (isMessage(type)) {
    const whole = type.facts.atomic || type.facts.union
    return whole ? LEAF : { kind: 'fields', message: type, valueType: undefined }
  }
  if (isMap(type)) return type.atomic ? LEAF : { kind: 'fields', message: undefined, valueType: type.value }
  if (isDeduced(type)) return { kind: 'fields', message: undefined, valueType: type }
  return isList(type) ? listShape(type.semantics, type.item, type.keys) : LEAF
}

/** The shape of one field of a `fields` shape; unknown fields are leaves. */
export function shapeOfChild(shape: Shape & { kind: 'fields' }, name: string): Shape {
  if (shape.valueType) return shapeOfType(shape.valueType)
  const { message } = shape
  const field = message && Object.hasOwn(message.fields, name) ? message.fields[name] : undefined
  if (field) return shapeOfField(field)
  return message?.facts.rest ? shapeOfType(message.facts.rest) : LEAF
}

/** The shape of a list's items. */
export function itemShape(shape: ListShape): Shape {
  if (shape.kind === 'set-list') return LEAF
  let item = items.get(shape.item)
  if (!item) {
    item = { kind: 'fields', message: shape.item, valueType: undefined }
    items.set(shape.item, item)
  }
  return item
}
const items = new WeakMap<Message, Shape>()

/** The path element of an item of a keyed list; missing keys count as their default. */
export function keyElement({ keys, item: { fields } }: Shape & { kind: 'map-list' }, item: Value): string {
  let out = ''
  for (const key of keys) {
    const value = (item as ObjectValue)?.[key] ?? fields[key]?.facts.default
    if (value !== undefined) out += `${out && ','}"${key}":${JSON.stringify(value)}`
  }
  return `k:{${out}}`
}

const fieldElements = new Map<string, string>()
/** Names kept ready; those of maps may be anything, so not all can be. */
const MAX_FIELD_ELEMENTS = 10_000

/** The path element of a named field. */
export function fieldElement(name: string): string {
  let element = fieldElements.get(name)
  if (element === undefined) {
    element = `f:${name}`
    if (fieldElements.size < MAX_FIELD_ELEMENTS) fieldElements.set(name, element)
  }
  return element
}

export const valueElement = (item: Value): string => `v:${JSON.stringify(item)}`

export const isObjectValue = (value: Value): value is ObjectValue =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
