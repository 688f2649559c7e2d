import { badRequest, StatusError } from '../errors.ts'
import { type Field, isList, isMessage, type Message, type Presence, type Type } from '../schema/types.ts'

type Json = Record<string, unknown>

const DIRECTIVE = '$patch'
const RETAIN_KEYS = '$retainKeys'
const DELETE_FROM_LIST = '$deleteFromPrimitiveList/'
const SET_ORDER = '$setElementOrder/'

/**
 * Strategic merge patch: a merge patch that joins lists by the keys the schema names, with directives for deleting,
 * replacing and ordering (apimachinery util/strategicpatch). Gives a new value; throws 400 for malformed
 * directives, 500 as upstream does for lists that do not fit their merge key or $setElementOrder.
 */
export function applyStrategicMergePatch(type: Message, target: unknown, patch: Json): Json {
  return mergeObject(type, target as Json, patch)
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

function mergeObject(type: Message | undefined, target: Json, patch: Json): Json {
  const directive = patch[DIRECTIVE]
  if (directive === 'replace') return without(patch, DIRECTIVE)
  if (directive === 'delete') return {}
  if (directive !== undefined && directive !== 'merge') throw badRequest(`Unknown patch type found: ${directive}`)

  const out: Json = { ...target }
  const retained = patch[RETAIN_KEYS]
  if (Array.isArray(retained)) for (const key of Object.keys(out)) if (!retained.includes(key)) delete out[key]
  checkOrders(type, patch)
  for (const [key, value] of Object.entries(patch)) {
    if (key === DIRECTIVE || key === RETAIN_KEYS || key.startsWith(DELETE_FROM_LIST) || key.startsWith(SET_ORDER))
      continue
    if (value === null) delete out[key]
    else set(out, key, mergeField(type?.fields[key], out[key], value))
  }
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith(DELETE_FROM_LIST)) deletePrimitives(out, key.slice(DELETE_FROM_LIST.length), value)
  }
  for (const [key, value] of Object.entries(patch)) {
    if (!key.startsWith(SET_ORDER)) continue
    const name = key.slice(SET_ORDER.length)
    const [items, before] = [out[name], target[name]]
    if (!Array.isArray(items) || !Array.isArray(value)) continue
    out[name] = inOrder(items, value, Array.isArray(before) ? before : [], type?.fields[name]?.facts.patchMergeKey)
  }
  return out
}

function set(out: Json, key: string, value: unknown): void {
  Object.defineProperty(out, key, { value, enumerable: true, configurable: true, writable: true })
}

function mergeField(field: Field<unknown, unknown, Presence> | undefined, target: unknown, patch: unknown): unknown {
  if (isObject(patch)) {
    if (field?.facts.patchStrategies?.includes('replace')) return patch
    return mergeObject(messageOf(field?.type), isObject(target) ? target : {}, patch)
  }
  if (Array.isArray(patch) && field?.facts.patchStrategies?.includes('merge')) {
    return mergeList(field, Array.isArray(target) ? target : [], patch)
  }
  return Array.isArray(patch) ? patch.filter(item => !isObject(item) || !(DIRECTIVE in item)) : patch
}

function messageOf(type: Type | undefined): Message | undefined {
  if (!type) return undefined
  if (isMessage(type)) return type
  return isList(type) && isMessage(type.item) ? type.item : undefined
}

function mergeList(field: Field<unknown, unknown, Presence>, target: unknown[], patch: unknown[]): unknown[] {
  const key = field.facts.patchMergeKey
  if (!key) return inOrder([...new Set([...target, ...patch])], patch, target)
  if (patch.some(item => isObject(item) && item[DIRECTIVE] === 'replace')) {
    return patch.filter(item => !isObject(item) || !(DIRECTIVE in item))
  }
  const item = messageOf(field.type)
  const changes = patch.map(change => keyed(change, key))
  const deleted = new Set(changes.filter(change => change[DIRECTIVE] === 'delete').map(change => change[key]))
  const out = (target as Json[]).filter(existing => !deleted.has(existing[key]))
  const places = new Map<unknown, number>()
  out.forEach((existing, i) => void (places.has(existing[key]) || places.set(existing[key], i)))
  for (const change of changes) {
    if (change[DIRECTIVE] === 'delete') continue
    const at = places.get(change[key])
    if (at !== undefined) out[at] = mergeObject(item, out[at]!, change)
    else places.set(change[key], out.push(mergeObject(item, {}, change)) - 1)
  }
  return inOrder(out, patch, target, key)
}

function keyed(change: unknown, key: string): Json {
  if (!isObject(change)) throw badRequest(`json: cannot unmarshal into Go value: a list of objects is expected`)
  if (!Object.hasOwn(change, key)) throw noMergeKey(change, key)
  return change
}

const noMergeKey = (item: Json, key: string) =>
  new StatusError(500, '', `map: ${goText(item)} does not contain declared merge key: ${key}`)

/** A patch's list must name its items in the order that its $setElementOrder says (upstream validatePatchWithSetOrderList). */
function checkOrders(type: Message | undefined, patch: Json): void {
  for (const [directive, order] of Object.entries(patch)) {
    if (!directive.startsWith(SET_ORDER)) continue
    const name = directive.slice(SET_ORDER.length)
    if (!Object.hasOwn(patch, name)) continue
    const items = patch[name]
    if (!Array.isArray(order) || !Array.isArray(items)) throw badRequest('invalid patch format of setElementOrder list')
    checkOrder(items, order, type?.fields[name]?.facts.patchMergeKey)
  }
}

function checkOrder(items: readonly unknown[], order: readonly unknown[], key: string | undefined): void {
  if (items.length === 0 || order.length === 0) return
  const identity = (item: unknown) => {
    if (!key || !isObject(item)) return item
    if (!Object.hasOwn(item, key)) throw noMergeKey(item, key)
    return item[key]
  }
  const named = items.filter(item => !isObject(item) || !(DIRECTIVE in item))
  let next = 0
  for (const item of order) if (next < named.length && identity(named[next]) === identity(item)) next++
  if (next < named.length) {
    const texts = [goText(items), goText(order)]
    throw new StatusError(
      500,
      '',
      `The order in patch list:\n${texts[0]}\n doesn't match ${SET_ORDER.slice(0, -1)} list:\n${texts[1]}\n`,
    )
  }
}

/** A JSON value as Go prints it with %v. */
function goText(value: unknown): string {
  if (value === null) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`
  if (!isObject(value)) return String(value)
  const entries = Object.keys(value).sort()
  return `map[${entries.map(key => `${key}:${goText(value[key])}`).join(' ')}]`
}

/**
 * Items the patch names stand in its order. The others keep theirs: each stands before the first named item that it stood
 * before already, so new items come first.
 */
function inOrder(items: readonly unknown[], order: readonly unknown[], before: readonly unknown[], key?: string) {
  const identity = (item: unknown) => (key && isObject(item) ? item[key] : item)
  const places = (list: readonly unknown[]) => new Map(list.map((item, i) => [identity(item), i]))
  const [named, old] = [places(order), places(before)]
  const mine = items.filter(item => named.has(identity(item)))
  mine.sort((a, b) => named.get(identity(a))! - named.get(identity(b))!)
  const others = items.filter(item => !named.has(identity(item)))
  const result: unknown[] = []
  let next = 0
  for (const item of mine) {
    const limit = old.get(identity(item))
    while (limit !== undefined && next < others.length && old.get(identity(others[next]))! < limit) {
      result.push(others[next++])
    }
    result.push(item)
  }
  return [...result, ...others.slice(next)]
}

function deletePrimitives(out: Json, name: string, values: unknown): void {
  if (!Array.isArray(values)) throw badRequest(`$deleteFromPrimitiveList must be a list for ${name}`)
  if (Array.isArray(out[name])) out[name] = out[name].filter(item => !values.includes(item))
}

function without(object: Json, key: string): Json {
  const { [key]: _, ...rest } = object
  return rest
}
