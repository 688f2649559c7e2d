import { byElement } from './compare.ts'
import type { FieldSet } from './field-set.ts'
import {
  isObjectValue,
  itemShape,
  keyElement,
  type ObjectValue,
  type Shape,
  shapeOfChild,
  type Value,
  valueElement,
} from './typed.ts'

/**
 * Lays a configuration over a live value (typed.Merge): fields and keyed items merge, everything else is taken from the
 * configuration. Items keep the configuration's order; the live ones it does not name keep their neighbours.
 */
export function mergeInto(shape: Shape, live: Value, config: Value): Value {
  if (config === undefined || config === null) return live
  if (live === undefined || live === null) return config
  if (shape.kind === 'fields' && isObjectValue(live) && isObjectValue(config)) {
    const out: ObjectValue = { ...live }
    for (const name of Object.keys(config)) out[name] = mergeInto(shapeOfChild(shape, name), live[name], config[name])
    return out
  }
  if ((shape.kind === 'map-list' || shape.kind === 'set-list') && Array.isArray(live) && Array.isArray(config)) {
    return mergeLists(shape, live, config)
  }
  return config
}

function mergeLists(
  shape: Shape & { kind: 'map-list' | 'set-list' },
  live: readonly Value[],
  config: readonly Value[],
): Value[] {
  const [old, wanted] = [byElement(shape, live), byElement(shape, config)]
  const pending = [...wanted.keys()]
  const places = new Map(pending.map((element, i) => [element, i]))
  const out: Value[] = []
  let next = 0
  const takeUpTo = (end: number) => {
    for (; next < end; next++) {
      const element = pending[next]!
      out.push(mergeInto(itemShape(shape), old.get(element), wanted.get(element)))
    }
  }
  for (const [element, value] of old) {
    const place = places.get(element)
    if (place === undefined) out.push(value)
    // All wanted items up to this one, so that the configuration's order holds.
    else takeUpTo(place + 1)
  }
  takeUpTo(pending.length)
  return out
}

/** A value without the fields in `remove`; what becomes empty by that goes too (typed.RemoveItems). */
export function removeFields(shape: Shape, value: Value, remove: FieldSet): Value {
  if (remove.empty) return value
  if (shape.kind === 'fields' && isObjectValue(value)) {
    const out: ObjectValue = {}
    for (const [name, child] of Object.entries(value)) {
      const below = remove.children.get(`f:${name}`)
      if (below?.member && below.children.size === 0) continue
      const kept = below ? removeFields(shapeOfChild(shape, name), child, below) : child
      if (kept !== undefined) out[name] = kept
    }
    return Object.keys(out).length === 0 ? undefined : out
  }
  if ((shape.kind === 'map-list' || shape.kind === 'set-list') && Array.isArray(value)) {
    const out: Value[] = []
    for (const item of value) {
      const below = remove.children.get(shape.kind === 'map-list' ? keyElement(shape, item) : valueElement(item))
      if (below?.member) continue
      const kept = below ? removeFields(itemShape(shape), item, below) : item
      if (kept !== undefined) out.push(kept)
    }
    return out.length === 0 ? undefined : out
  }
  return value
}
