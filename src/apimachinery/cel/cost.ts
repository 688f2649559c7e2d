import { ListValue, MapValue, OpaqueValue, sizeOf, type Value } from './values.ts'

/**
 * What calls cost, after cel-go's interpreter/runtimecost.go and the libraries' cost.go of the API server: about a tenth of
 * what they read of texts, and one for everything small.
 */
export const STRING_FACTOR = 0.1
export const REGEX_FACTOR = 0.25

const read = (value: Value, times = 1) => Math.ceil(sizeOf(value) * times * STRING_FACTOR)

/** What it costs to look at a value through and through. */
function traversal(value: Value): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return Math.floor(sizeOf(value) * STRING_FACTOR)
  let cost = 0
  if (value instanceof ListValue) for (const item of value) cost += traversal(item)
  else if (value instanceof MapValue)
    for (const key of value.keys()) cost += traversal(key) + traversal(value.get(key)!)
  else return 1
  return cost
}

const regex = (text: Value, pattern: number) =>
  Math.ceil((1 + sizeOf(text)) * STRING_FACTOR) * Math.ceil(pattern * REGEX_FACTOR)

type Cost = (args: readonly Value[], overload: string) => number
const one: Cost = () => 1
const whole: Cost = ([first]) => read(first!)
const twice: Cost = ([first]) => read(first!, 2)
const items: Cost = ([first]) => sizeOf(first!) + 1
/** Items are compared with each other. */
const pairs: Cost = ([first]) => sizeOf(first!) ** 2 + 1

const CHECK = 350_000
const REQUIREMENTS_PER_CHARACTER = 0.5
const REQUIREMENT_COST = 50
const selector: Cost = ([, text]) => {
  const length = sizeOf(text!)
  return (
    10 +
    Math.ceil(length * STRING_FACTOR) +
    Math.ceil(Math.ceil(length * REQUIREMENTS_PER_CHARACTER) * REQUIREMENT_COST)
  )
}
/** Longest expression behind a named format. */
export const MAX_FORMAT_REGEX = 128

const BY_NAME: Readonly<Record<string, Cost>> = {
  check: () => CHECK,
  fieldSelector: selector,
  labelSelector: selector,
  ...Object.fromEntries(
    ['isSorted', 'sum', 'max', 'min', 'indexOf', 'lastIndexOf'].map(name => [name, ([first]) => traversal(first!)]),
  ),
  ...Object.fromEntries(
    ['url', 'isURL', 'lowerAscii', 'upperAscii', 'substring', 'trim', 'jsonpatch.escapeKey'].map(name => [name, whole]),
  ),
  replace: twice,
  split: twice,
  join: ([list, separator]) => {
    let size = sizeOf(list!) * (separator === undefined ? 0 : sizeOf(separator))
    for (const item of list as ListValue) size += sizeOf(item)
    return Math.ceil(size * 2 * STRING_FACTOR)
  },
  find: ([text, pattern]) => regex(text!, sizeOf(pattern!)),
  findAll: ([text, pattern]) => regex(text!, sizeOf(pattern!)),
  cidr: whole,
  isIP: whole,
  isCIDR: whole,
  ip: (args, overload) => (overload === 'cidr_ip' ? 1 : whole(args, overload)),
  'ip.isCanonical': twice,
  containsIP: ([cidr, other], overload) => read(cidr!, 2) + (overload === 'cidr_contains_ip_string' ? read(other!) : 0),
  containsCIDR: ([cidr, other], overload) =>
    read(cidr!, 2) + read(cidr!) + 1 + (overload === 'cidr_contains_cidr_string' ? read(other!) : 0),
  quantity: whole,
  isQuantity: whole,
  semver: whole,
  isSemver: whole,
  validate: ([, text]) => regex(text!, MAX_FORMAT_REGEX),
  ...Object.fromEntries(['reverse', 'flatten', 'slice'].map(name => [name, items])),
  ...Object.fromEntries(['sort', '@sortByAssociatedKeys', 'distinct'].map(name => [name, pairs])),
  'lists.range': ([count]) => Math.max(0, Number(count)) + 1,
}

const shorter: Cost = ([a, b]) => Math.ceil(Math.min(sizeOf(a!), sizeOf(b!)) * STRING_FACTOR)
const both: Cost = ([a, b]) => Math.ceil((sizeOf(a!) + sizeOf(b!)) * STRING_FACTOR)

const BY_OVERLOAD: Readonly<Record<string, Cost>> = {
  starts_with_string: ([, part]) => read(part!),
  ends_with_string: ([, part]) => read(part!),
  string_to_bytes: whole,
  bytes_to_string: whole,
  strings_quote: whole,
  string_format: whole,
  in_list: ([, list]) => sizeOf(list!),
  equals: (args, overload) => (args[0] instanceof OpaqueValue ? 1 : shorter(args, overload)),
  ...Object.fromEntries(
    ['less', 'less_equals', 'greater', 'greater_equals'].flatMap(name => [
      [`${name}_string`, shorter],
      [`${name}_bytes`, shorter],
    ]),
  ),
  add_string: both,
  add_bytes: both,
  matches_string: ([text, pattern]) => regex(text!, sizeOf(pattern!)),
  contains_string: ([text, part]) => read(text!) * read(part!),
  list_sets_contains_list: ([a, b]) => sizeOf(a!) * sizeOf(b!) + 1,
  list_sets_intersects_list: ([a, b]) => sizeOf(a!) * sizeOf(b!) + 1,
  list_sets_equivalent_list: ([a, b]) => 2 * sizeOf(a!) * sizeOf(b!) + 1,
}

/** What a call costs, by its arguments. */
export function callCost(name: string, overload: string, args: readonly Value[]): number {
  const cost =
    (Object.hasOwn(BY_NAME, name) && BY_NAME[name]) || (Object.hasOwn(BY_OVERLOAD, overload) && BY_OVERLOAD[overload])
  return (cost || one)(args, overload)
}
