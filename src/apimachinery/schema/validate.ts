import type { At } from '../validation/at.ts'
import { isZero } from './scalars.ts'
import { type Field, isList, isMap, isMessage, type Message, type Presence, type Type } from './types.ts'

type Check = (value: unknown, at: At) => void
const NOTHING: Check = () => {}
const checks = new WeakMap<Type, Check | undefined>()

/** Runs the rules that the schema states: required, ranges, lengths, enums, formats, and each message's own rules. */
export function validate<Out, In>(type: Type<Out, In>, value: Out, at: At): void {
  checkOf(type)?.(value, at)
}

/** The check of a type; undefined when nothing in it has rules, so that whole subtrees are skipped. */
function checkOf(type: Type): Check | undefined {
  if (checks.has(type)) return checks.get(type)
  checks.set(type, NOTHING)
  const check = compile(type)
  checks.set(type, check)
  return check
}

function compile(type: Type): Check | undefined {
  if (isList(type)) {
    const item = checkOf(type.item)
    if (!item) return undefined
    return (value, at) => {
      const items = value as unknown[]
      for (let i = 0; i < items.length; i++) item(items[i], at.index(i))
    }
  }
  if (isMap(type)) {
    const item = checkOf(type.value)
    if (!item) return undefined
    return (value, at) => {
      for (const [key, v] of Object.entries(value as object)) item(v, at.key(key))
    }
  }
  return isMessage(type) ? compileMessage(type) : undefined
}

function compileMessage(type: Message): Check | undefined {
  const fields: { name: string; check: Check; required: boolean }[] = []
  for (const [name, field] of Object.entries(type.fields)) {
    const check = compileField(field)
    if (check) fields.push({ name, check, required: field.facts.notEmpty === true })
  }
  const { facts } = type
  if (!facts.validate && fields.length === 0) return undefined
  return (value, at) => {
    for (const { name, check, required } of fields) {
      const field = (value as Record<string, unknown>)[name]
      if (field !== undefined || required) check(field, at.child(name))
    }
    facts.validate?.(value, at)
  }
}

function compileField({ facts, type }: Field<unknown, unknown, Presence>): Check | undefined {
  const nested = checkOf(type)
  const { notEmpty, min, max, maxLength, oneOf, formats } = facts
  const scalar = min !== undefined || max !== undefined || maxLength !== undefined || oneOf || formats
  if (!nested && !notEmpty && !scalar) return undefined
  return (value, at) => {
    const missing = value === undefined || (!facts.pointer && !isMessage(type) && isZero(value))
    if (missing && (value === undefined || notEmpty)) {
      if (notEmpty) at.required()
      return
    }
    if (typeof value === 'number') checkRange(value, min, max, at)
    if (typeof value === 'string' && value !== '') {
      if (maxLength !== undefined && Buffer.byteLength(value) > maxLength) at.tooLong(maxLength)
      if (oneOf && !oneOf.includes(value)) at.notSupported(value, oneOf)
      for (const format of formats ?? []) {
        const problems = format(value)
        for (const problem of typeof problems === 'string' ? [problems] : (problems ?? [])) at.invalid(value, problem)
      }
    }
    nested?.(value, at)
  }
}

function checkRange(value: number, min: number | undefined, max: number | undefined, at: At): void {
  const [tooLow, tooHigh] = [min !== undefined && value < min, max !== undefined && value > max]
  if (!tooLow && !tooHigh) return
  if (min !== undefined && max !== undefined) at.invalid(value, `must be between ${min} and ${max}, inclusive`)
  else if (tooLow) at.invalid(value, `must be greater than or equal to ${min}`)
  else at.invalid(value, `must be less than or equal to ${max}`)
}

/** Compares the fields that the schema calls immutable: "field is immutable". */
export function validateImmutable<Out, In>(type: Type<Out, In>, value: Out, old: Out, at: At): void {
  if (!isMessage(type) || !hasImmutable(type)) return
  for (const [name, field] of Object.entries(type.fields)) {
    const [now, before] = [value, old].map(v => (v as Record<string, unknown> | undefined)?.[name])
    if (field.facts.immutable) {
      if (!deepEqual(now, before)) at.child(name).invalid(now, 'field is immutable')
    } else if (now !== undefined && before !== undefined) validateImmutable(field.type, now, before, at.child(name))
  }
}

const immutables = new WeakMap<Message, boolean>()
function hasImmutable(type: Message): boolean {
  const known = immutables.get(type)
  if (known !== undefined) return known
  immutables.set(type, false)
  const has = Object.values(type.fields).some(f => f.facts.immutable || (isMessage(f.type) && hasImmutable(f.type)))
  immutables.set(type, has)
  return has
}

/** Structural equality of JSON values; a key whose value is undefined is as good as absent. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => deepEqual(item, b[i]))
  }
  if (Array.isArray(b)) return false
  const [x, y] = [a as Record<string, unknown>, b as Record<string, unknown>]
  for (const key of Object.keys(x)) {
    if (x[key] !== undefined && !(Object.hasOwn(y, key) && deepEqual(x[key], y[key]))) return false
  }
  for (const key of Object.keys(y))
    if (y[key] !== undefined && (!Object.hasOwn(x, key) || x[key] === undefined)) return false
  return true
}
