import { equal } from '../equality.ts'
import { EvaluationError, noSuchOverload } from '../errors.ts'
import { type Declaration, declare } from '../functions.ts'
import { ArrayList, Duration, keyOf, ListValue, Uint, type Value } from '../values.ts'
import { compare, STANDARD } from './standard.ts'

const SUMMABLE = ['int', 'uint', 'double', 'duration']
const COMPARABLE = ['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes']

const addition = STANDARD.find(({ name }) => name === '_+_')!.overloads[0]!
const ZERO: readonly Value[] = [0n, new Uint(0n), 0, new Duration(0n)]

/** One of them for each type; where the list is empty its type is not known any more. */
const sums = SUMMABLE.flatMap((type, i) =>
  declare(
    'sum',
    (list: ListValue) => [...list].reduce((sum, item) => addition.implementation([sum, item]), ZERO[i]!),
    `list_${type}_sum_${type}: list<${type}>.() ${type}`,
  ),
)

const extreme = (name: 'min' | 'max', better: (order: number) => boolean): Declaration =>
  declare(
    name,
    (list: ListValue) => {
      if (list.size === 0) throw new EvaluationError(`${name} called on empty list`)
      return [...list].reduce((best, item) => (better(compare(item, best)) ? item : best))
    },
    ...COMPARABLE.map(type => `list_${type}_${name}_${type}: list<${type}>.() ${type}`),
  )

function isSorted(list: ListValue): boolean {
  for (let i = 1; i < list.size; i++) if (compare(list.at(i - 1), list.at(i)) > 0) return false
  return true
}

function indexOf(list: ListValue, value: Value): bigint {
  for (let i = 0; i < list.size; i++) if (equal(list.at(i), value)) return BigInt(i)
  return -1n
}

function lastIndexOf(list: ListValue, value: Value): bigint {
  for (let i = list.size - 1; i >= 0; i--) if (equal(list.at(i), value)) return BigInt(i)
  return -1n
}

function slice(list: ListValue, from: bigint, to: bigint): ListValue {
  if (from < 0n || to < 0n) throw new EvaluationError(`cannot slice(${from}, ${to}), negative indexes not supported`)
  if (from > to)
    throw new EvaluationError(`cannot slice(${from}, ${to}), start index must be less than or equal to end index`)
  if (to > list.size) throw new EvaluationError(`cannot slice(${from}, ${to}), list is length ${list.size}`)
  return new ArrayList([...list].slice(Number(from), Number(to)))
}

function flatten(list: ListValue, depth = 1n): ListValue {
  if (depth < 0n) throw new EvaluationError('level must be non-negative')
  const flat = (one: ListValue, left: bigint): Value[] =>
    [...one].flatMap(item => (item instanceof ListValue && left > 0n ? flat(item, left - 1n) : [item]))
  return new ArrayList(flat(list, depth))
}

function distinct(list: ListValue): ListValue {
  const out: Value[] = []
  const scalars = new Set<string>()
  for (const item of list) {
    if (item === null || typeof item !== 'object' || item instanceof Uint) {
      const key = item === null ? 'null' : keyOf(item)
      if (scalars.has(key)) continue
      scalars.add(key)
    } else if (out.some(one => equal(one, item))) continue
    out.push(item)
  }
  return new ArrayList(out)
}

function sorted(list: ListValue, keys: ListValue): ListValue {
  const items = [...list].map((item, i) => ({ item, key: keys.at(i) }))
  const kinds = new Set(items.map(({ key }) => (key instanceof Uint ? 'uint' : typeof key)))
  if (kinds.size > 1) throw new EvaluationError('list elements must have the same type')
  return new ArrayList(items.sort((a, b) => compare(a.key, b.key)).map(({ item }) => item))
}

function range(count: bigint): ListValue {
  if (count < 0n) return new ArrayList([])
  return new ArrayList(Array.from({ length: Number(count) }, (_, i) => BigInt(i)))
}

function setContains(list: ListValue, other: ListValue): boolean {
  const all = [...list]
  return [...other].every(item => all.some(one => equal(one, item)))
}

function intersects(list: ListValue, other: ListValue): boolean {
  const all = [...list]
  return [...other].some(item => all.some(one => equal(one, item)))
}

/** Functions on lists: Kubernetes' own, cel-go's ext.Lists (version 3) and ext.Sets. */
export const LISTS: readonly Declaration[] = [
  declare('isSorted', isSorted, ...COMPARABLE.map(type => `list_${type}_is_sorted_bool: list<${type}>.() bool`)),
  ...sums,
  extreme('min', order => order < 0),
  extreme('max', order => order > 0),
  declare('indexOf', indexOf, 'list_a_index_of_int: list<A>.(A) int'),
  declare('lastIndexOf', lastIndexOf, 'list_a_last_index_of_int: list<A>.(A) int'),
  declare('slice', slice, 'list_slice: list<A>.(int, int) list<A>'),
  declare('flatten', flatten, 'list_flatten: list<list<A>>.() list<A>', 'list_flatten_int: list<dyn>.(int) list<dyn>'),
  declare(
    'sort',
    (list: ListValue) => sorted(list, list),
    ...COMPARABLE.map(type => `list_${type}_sort: list<${type}>.() list<${type}>`),
  ),
  declare(
    '@sortByAssociatedKeys',
    (list: ListValue, keys: ListValue) => {
      if (list.size !== keys.size) throw noSuchOverload()
      return sorted(list, keys)
    },
    ...COMPARABLE.map(type => `list_${type}_sortByAssociatedKeys: list<A>.(list<${type}>) list<A>`),
  ),
  declare('lists.range', range, 'lists_range: (int) list<int>'),
  declare('reverse', (list: ListValue) => new ArrayList([...list].reverse()), 'list_reverse: list<A>.() list<A>'),
  declare('distinct', distinct, 'list_distinct: list<A>.() list<A>'),
  declare('sets.contains', setContains, 'list_sets_contains_list: (list<A>, list<A>) bool'),
  declare('sets.intersects', intersects, 'list_sets_intersects_list: (list<A>, list<A>) bool'),
  declare(
    'sets.equivalent',
    (a: ListValue, b: ListValue) => setContains(a, b) && setContains(b, a),
    'list_sets_equivalent_list: (list<A>, list<A>) bool',
  ),
]
