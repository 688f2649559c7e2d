import { deepEqual } from '../json.ts'
import { FieldSet, memberSet } from './field-set.ts'
import {
  fieldElement,
  isObjectValue,
  itemShape,
  keyElement,
  type ListShape,
  type Shape,
  shapeOfChild,
  type Value,
  valueElement,
} from './typed.ts'

/** What differs between two values. */
export interface Comparison {
  readonly added: FieldSet
  readonly modified: FieldSet
  readonly removed: FieldSet
}

const NOTHING: Comparison = { added: new FieldSet(), modified: new FieldSet(), removed: new FieldSet() }
const MODIFIED: Comparison = { ...NOTHING, modified: memberSet() }

/** Compares two values of a shape, field by field (structured-merge-diff typed.Compare). */
export function compare(shape: Shape, before: Value, after: Value): Comparison {
  if (before === after) return NOTHING
  if (before === undefined || before === null) return { ...NOTHING, added: whole(shape, after) }
  if (after === undefined || after === null) return { ...NOTHING, removed: whole(shape, before) }
  if (shape.kind === 'fields' && isObjectValue(before) && isObjectValue(after)) {
    const out = { added: new FieldSet(), modified: new FieldSet(), removed: new FieldSet() }
    for (const name in after) {
      const old = Object.hasOwn(before, name) ? before[name] : undefined
      descend(fieldElement(name), shapeOfChild(shape, name), old, after[name], out)
    }
    for (const name in before) {
      if (!Object.hasOwn(after, name))
        descend(fieldElement(name), shapeOfChild(shape, name), before[name], undefined, out)
    }
    return out
  }
  if ((shape.kind === 'map-list' || shape.kind === 'set-list') && Array.isArray(before) && Array.isArray(after)) {
    const out = { added: new FieldSet(), modified: new FieldSet(), removed: new FieldSet() }
    const [old, now] = [byElement(shape, before), byElement(shape, after)]
    const item = itemShape(shape)
    for (const [element, value] of now) {
      if (old.has(element)) descend(element, item, old.get(element), value, out)
      else out.added.attach(element, asItem(whole(item, value)))
    }
    for (const [element, value] of old) {
      if (!now.has(element)) out.removed.attach(element, asItem(whole(item, value)))
    }
    return out
  }
  return deepEqual(before, after) ? NOTHING : MODIFIED
}

function descend(element: string, shape: Shape, before: Value, after: Value, out: Comparison): void {
  if (before === after) return
  const inner = compare(shape, before, after)
  out.added.attach(element, inner.added)
  out.modified.attach(element, inner.modified)
  out.removed.attach(element, inner.removed)
}

/** Items of a list by their path element. */
export function byElement(shape: ListShape, items: readonly Value[]): Map<string, Value> {
  const out = new Map<string, Value>()
  for (const item of items) {
    out.set(shape.kind === 'map-list' ? keyElement(shape, item) : valueElement(item), item)
  }
  return out
}

/** A value's own path and everything in it. */
const whole = (shape: Shape, value: Value): FieldSet =>
  value === undefined || value === null ? NOTHING.added : collect(shape, value, true)

/** The fields a configuration states: leaves, list items, and empty collections (typed.ToFieldSet). */
export const fieldsOf = (shape: Shape, value: Value): FieldSet => collect(shape, value, false)

/** `complete`: collections count themselves too, as they do where they are new. */
function collect(shape: Shape, value: Value, complete: boolean): FieldSet {
  if (shape.kind === 'fields' && isObjectValue(value)) {
    const set = new FieldSet()
    let any = false
    for (const name in value) {
      any = true
      const child = value[name]
      if (child !== undefined) set.attach(fieldElement(name), collect(shapeOfChild(shape, name), child, complete))
    }
    if (!any) return memberSet()
    set.member = complete && shape.valueType !== undefined
    return set
  }
  if ((shape.kind === 'map-list' || shape.kind === 'set-list') && Array.isArray(value)) {
    if (value.length === 0) return memberSet()
    const set = new FieldSet()
    set.member = complete
    const item = itemShape(shape)
    for (const [element, child] of byElement(shape, value)) {
      set.attach(element, shape.kind === 'set-list' ? memberSet() : asItem(collect(item, child, complete)))
    }
    return set
  }
  return memberSet()
}

/** A list's item is in the set itself, besides its fields. */
function asItem(set: FieldSet): FieldSet {
  if (set.empty) return memberSet()
  // Only just collected, so nobody else has it yet; the shared one is a member already.
  if (!set.member) set.member = true
  return set
}
