import { equal } from '../equality.ts'
import { EvaluationError } from '../errors.ts'
import { type Declaration, declare } from '../functions.ts'
import { ArrayList, Duration, type ListValue, OptionalValue, sizeOf, Uint, type Value } from '../values.ts'

function isZero(value: Value): boolean {
  if (value === null || value === false || value === '') return true
  if (value instanceof Uint) return value.value === 0n
  if (value instanceof Duration) return value.nanos === 0n
  if (typeof value === 'bigint' || typeof value === 'number') return equal(value, 0n)
  return typeof value === 'object' && sizeOf(value) === 0
}

function dereference({ value }: OptionalValue): Value {
  if (value === undefined) throw new EvaluationError('optional.none() dereference')
  return value
}

function unwrapped(list: ListValue): ListValue {
  const values: Value[] = []
  for (const item of list) {
    if (item instanceof OptionalValue && item.value !== undefined) values.push(item.value)
  }
  return new ArrayList(values)
}

/** Optional values (cel-go's OptionalTypes, version 2). */
export const OPTIONAL: readonly Declaration[] = [
  declare('optional.of', (value: Value) => OptionalValue.of(value), 'optional_of: (A) optional<A>'),
  declare(
    'optional.ofNonZeroValue',
    (value: Value) => OptionalValue.of(isZero(value) ? undefined : value),
    'optional_ofNonZeroValue: (A) optional<A>',
  ),
  declare('optional.none', () => OptionalValue.none, 'optional_none: () optional<A>'),
  declare('hasValue', ({ value }: OptionalValue) => value !== undefined, 'optional_hasValue: optional<A>.() bool'),
  declare('value', dereference, 'optional_value: optional<A>.() A'),
  declare(
    'or',
    (a: OptionalValue, b: OptionalValue) => (a.value === undefined ? b : a),
    'optional_or_optional: optional<A>.(optional<A>) optional<A>',
  ),
  declare(
    'orValue',
    ({ value }: OptionalValue, other: Value) => (value === undefined ? other : value),
    'optional_orValue_value: optional<A>.(A) A',
  ),
  declare('optional.unwrap', unwrapped, 'optional_unwrap: (list<optional<A>>) list<A>'),
  declare('unwrapOpt', unwrapped, 'optional_unwrapOpt: list<optional<A>>.() list<A>'),
  declare(
    'first',
    (list: ListValue) => OptionalValue.of(list.size > 0 ? list.at(0) : undefined),
    'list_first: list<A>.() optional<A>',
  ),
  declare(
    'last',
    (list: ListValue) => OptionalValue.of(list.size > 0 ? list.at(list.size - 1) : undefined),
    'list_last: list<A>.() optional<A>',
  ),
]
