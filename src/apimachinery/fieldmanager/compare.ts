import { deepEqual } from '../json.ts'
import { FieldSet } from './field-set.ts'
import { isObjectValue, keyElement, type Shape, shapeOfChild, type Value, valueElement } from './typed.ts'

/** What differs between two values. */
export interface Comparison {
  readonly added: FieldSet
  readonly modified: FieldSet
  readonly removed: FieldSet
}

/** Compares two values of a shape, field by field (structured-merge-diff typed.Compare). */
export function compare(shape: Shape, before: Value, after: Value): Comparison {
  const out = { added: new FieldSet(), modified: new FieldSet(), removed: new FieldSet() }
  compareInto(shape, before, after, out)
  return out
}

function compareInto(shape: Shape, before: Value, after: Value, out: Comparison): void {
  if (before === after) return
  if (before === undefined || before === null) {
    if (after !== undefined && after !== null) addAll(shape, after, out.added)
    return
  }
  if (after === undefined || after === null) {
    addAll(shape, before, out.removed)
    return
  }
  if (shape.kind === 'fields' && isObjectValue(before) && isObjectValue(after)) {
    for (const name of Object.keys(after))
      descend(`f:${name}`, shapeOfChild(shape, name), before[name], after[name], out)
    for (const name of Object.keys(before)) {
      if (!(name in after)) descend(`f:${name}`, shapeOfChild(shape, name), before[name], undefined, out)
    }
    return
  }
  if ((shape.kind === 'map-list' || shape.kind === 'set-list') && Array.isArray(before) && Array.isArray(after)) {
    const [old, now] = [byElement(shape, before), byElement(shape, after)]
    const item: Shape =
      shape.kind === 'map-list' ? { kind: 'fields', message: shape.item, valueType: undefined } : { kind: 'leaf' }
    for (const [element, value] of now) {
      descend(element, item, old.get(element), value, out)
      if (!old.has(element)) out.added.child(element).member = true
    }
    for (const [element, value] of old) {
      if (now.has(element)) continue
      descend(element, item, value, undefined, out)
      out.removed.child(element).member = true
    }
    return
  }
  if (!deepEqual(before, after)) out.modified.member = true
}

function descend(element: string, shape: Shape, before: Value, after: Value, out: Comparison): void {
  if (before === after) return
  const inner = { added: new FieldSet(), modified: new FieldSet(), removed: new FieldSet() }
  compareInto(shape, before, after, inner)
  out.added.attach(element, inner.added)
  out.modified.attach(element, inner.modified)
  out.removed.attach(element, inner.removed)
}

/** Items of a list by their path element. */
export function byElement(
  shape: Shape & { kind: 'map-list' | 'set-list' },
  items: readonly Value[],
): Map<string, Value> {
  const element = shape.kind === 'map-list' ? (item: Value) => keyElement(shape, item) : valueElement
  return new Map(items.map(item => [element(item), item]))
}

/** Adds a value's own path and everything in it. */
function addAll(shape: Shape, value: Value, set: FieldSet): void {
  collect(shape, value, set, true)
}

/** The fields a configuration states: leaves, list items, and empty collections (typed.ToFieldSet). */
export function fieldsOf(shape: Shape, value: Value): FieldSet {
  const set = new FieldSet()
  collect(shape, value, set, false)
  return set
}

/** `whole`: collections count themselves too, as they do where they are new. */
function collect(shape: Shape, value: Value, set: FieldSet, whole: boolean): void {
  if (shape.kind === 'fields' && isObjectValue(value)) {
    const names = Object.keys(value)
    if (names.length === 0 || (whole && shape.valueType)) set.member = true
    for (const name of names) {
      if (value[name] === undefined) continue
      const child = new FieldSet()
      collect(shapeOfChild(shape, name), value[name], child, whole)
      set.attach(`f:${name}`, child)
    }
    return
  }
  if ((shape.kind === 'map-list' || shape.kind === 'set-list') && Array.isArray(value)) {
    if (value.length === 0 || whole) set.member = true
    for (const [element, item] of byElement(shape, value)) {
      const child = new FieldSet()
      if (shape.kind === 'map-list')
        collect({ kind: 'fields', message: shape.item, valueType: undefined }, item, child, whole)
      child.member = true
      set.attach(element, child)
    }
    return
  }
  set.member = true
}
