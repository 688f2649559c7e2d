import type { At } from '../../../apimachinery/validation/at.ts'
import type { JSONSchemaProps } from '../json-schema-props.ts'
import { itemsOf, propertyOf } from '../schema/structural.ts'

const LIST_TYPES = ['atomic', 'set', 'map']
const MAP_TYPES = ['atomic', 'granular']

/** What a schema says of how lists and maps merge. `atomicSets`: items of sets must be compared as wholes. */
export function validateMergeTypes(schema: JSONSchemaProps, at: At, atomicSets: boolean): void {
  const { type = '' } = schema
  const listType = schema['x-kubernetes-list-type']
  const mapType = schema['x-kubernetes-map-type']
  if (mapType !== undefined) {
    if (type !== 'object') mustBe('object', type, 'x-kubernetes-map-type', at)
    if (!MAP_TYPES.includes(mapType)) at.child('x-kubernetes-map-type').notSupported(mapType, MAP_TYPES)
  }
  if (listType !== undefined && type !== 'array') mustBe('array', type, 'x-kubernetes-list-type', at)
  else if (atomicSets && listType === 'set') validateSetItems(itemsOf(schema), at.child('items'))
  if (listType !== undefined && !LIST_TYPES.includes(listType)) {
    at.child('x-kubernetes-list-type').notSupported(listType, LIST_TYPES)
  }
  if (schema['x-kubernetes-list-map-keys']?.length && listType !== 'map') {
    const why = 'must be map if x-kubernetes-list-map-keys is non-empty'
    if (listType === undefined) at.child('x-kubernetes-list-type').required(why)
    else at.child('x-kubernetes-list-type').invalid(listType, why)
  }
  if (listType === 'map') validateMapList(schema, at)
}

function mustBe(wanted: string, type: string, by: string, at: At): void {
  const why = `must be ${wanted} if ${by} is specified`
  if (type === '') at.child('type').required(why)
  else at.child('type').invalid(type, why)
}

function validateSetItems(items: JSONSchemaProps | undefined, at: At): void {
  const why = 'must be atomic as item of a list with x-kubernetes-list-type=set'
  const listType = items?.['x-kubernetes-list-type']
  if (items?.type === 'array' && listType !== undefined && listType !== 'atomic') {
    at.child('x-kubernetes-list-type').invalid(listType, why)
  }
  if (items?.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic') {
    at.child('x-kubernetes-map-type').invalid(listType, why)
  }
}

function validateMapList(schema: JSONSchemaProps, at: At): void {
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const keysAt = at.child('x-kubernetes-list-map-keys')
  const itemsAt = at.child('items')
  if (keys.length === 0) keysAt.required('must not be empty if x-kubernetes-list-type is map')
  if (schema.items === undefined) itemsAt.required('must have a schema if x-kubernetes-list-type is map')
  else if (Array.isArray(schema.items)) {
    itemsAt.invalid(schema.items, 'must only have a single schema if x-kubernetes-list-type is map')
  }
  const items = itemsOf(schema)
  if (!items) return
  if (items.type !== 'object') {
    const why = "must be object if parent array's x-kubernetes-list-type is map"
    itemsAt.child('type').invalid(items.type ?? '', why)
    return
  }
  keys.forEach((key, i) => {
    const property = propertyOf(items, key)
    if (!property) keysAt.invalid(keys, 'entries must all be names of item properties')
    else if (property.type === 'array' || property.type === 'object') {
      const why = "must be a scalar type if parent array's x-kubernetes-list-type is map"
      itemsAt.child('properties').key(key).child('type').invalid(items.type, why)
    }
    if (keys.indexOf(key) < i) keysAt.invalid(keys, 'must not contain duplicate entries')
  })
}

/** Items of sets and map lists, and the keys of these, must always be there. */
export function validateMergeableItems(schema: JSONSchemaProps, at: At): void {
  const listType = schema['x-kubernetes-list-type']
  const items = itemsOf(schema)
  if (!items || (listType !== 'set' && listType !== 'map')) return
  const itemsAt = at.child('items')
  if (items.nullable)
    itemsAt.child('nullable').forbidden(`cannot be nullable when x-kubernetes-list-type is ${listType}`)
  if (listType === 'set') return
  for (const key of schema['x-kubernetes-list-map-keys'] ?? []) {
    const property = propertyOf(items, key)
    if (!property) continue
    const keyAt = itemsAt.child('properties').key(key)
    const because = 'this property is in x-kubernetes-list-map-keys, so it'
    if (!items.required?.includes(key) && property.default === undefined) {
      keyAt.child('default').required(`${because} must have a default or be a required property`)
    }
    if (property.nullable) keyAt.child('nullable').forbidden(`${because} cannot be nullable`)
  }
}
