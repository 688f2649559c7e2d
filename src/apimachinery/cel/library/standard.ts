import { parseDurationNanos } from '../../duration.ts'
import { compileRe2, matchesRe2 } from '../../re2.ts'
import { compareNumbers, equal, isNumber } from '../equality.ts'
import { EvaluationError, noSuchOverload } from '../errors.ts'
import { type Declaration, declare, evaluating } from '../functions.ts'
import type { CollectingMap } from '../lists.ts'
import { calendarOf, inRange, parseTimestamp } from '../time.ts'
import {
  Duration,
  ListValue,
  MapValue,
  ObjectValue,
  sizeOf,
  Timestamp,
  TypeValue,
  typeNameOf,
  Uint,
  type Value,
} from '../values.ts'

/** CEL's standard functions and operators (cel-spec langdef, cel-go common/stdlib). */

const MAX_INT = 0x7fff_ffff_ffff_ffffn
const MIN_INT = -0x8000_0000_0000_0000n
const MAX_UINT = 0xffff_ffff_ffff_ffffn

function int(value: bigint): bigint {
  if (value > MAX_INT || value < MIN_INT) throw new EvaluationError('integer overflow')
  return value
}
function uint(value: bigint): Uint {
  if (value > MAX_UINT || value < 0n) throw new EvaluationError('unsigned integer overflow')
  return new Uint(value)
}
const span = (nanos: bigint) => {
  if (nanos > MAX_INT || nanos < MIN_INT) throw new EvaluationError('duration overflow')
  return new Duration(nanos)
}

type Arithmetic = {
  readonly ints: (a: bigint, b: bigint) => bigint
  readonly doubles?: (a: number, b: number) => number
}

/** An operator on two numbers of one type. */
function arithmetic(a: Value, b: Value, { ints, doubles }: Arithmetic): Value {
  if (typeof a === 'bigint' && typeof b === 'bigint') return int(ints(a, b))
  if (a instanceof Uint && b instanceof Uint) return uint(ints(a.value, b.value))
  if (doubles && typeof a === 'number' && typeof b === 'number') return doubles(a, b)
  throw noSuchOverload()
}

const nonZero = (divide: (a: bigint, b: bigint) => bigint, what: string) => (a: bigint, b: bigint) => {
  if (b === 0n) throw new EvaluationError(what)
  return divide(a, b)
}

function add(a: Value, b: Value): Value {
  if (typeof a === 'string' && typeof b === 'string') return a + b
  if (a instanceof ListValue && b instanceof ListValue) return a.concat(b)
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.concat([a, b])
  if (a instanceof Duration && b instanceof Duration) return span(a.nanos + b.nanos)
  if (a instanceof Timestamp && b instanceof Duration) return inRange(a.nanos + b.nanos, a.offset)
  if (a instanceof Duration && b instanceof Timestamp) return inRange(a.nanos + b.nanos, b.offset)
  return arithmetic(a, b, { ints: (x, y) => x + y, doubles: (x, y) => x + y })
}

function subtract(a: Value, b: Value): Value {
  if (a instanceof Timestamp && b instanceof Timestamp) return span(a.nanos - b.nanos)
  if (a instanceof Timestamp && b instanceof Duration) return inRange(a.nanos - b.nanos, a.offset)
  if (a instanceof Duration && b instanceof Duration) return span(a.nanos - b.nanos)
  return arithmetic(a, b, { ints: (x, y) => x - y, doubles: (x, y) => x - y })
}

/** Below zero, zero or above; NaN where there is no order. */
export function compare(a: Value, b: Value): number {
  if (isNumber(a) && isNumber(b)) return compareNumbers(a, b)
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b)
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b)
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b)
  if (a instanceof Timestamp && b instanceof Timestamp) return order(a.nanos, b.nanos)
  if (a instanceof Duration && b instanceof Duration) return order(a.nanos, b.nanos)
  throw noSuchOverload()
}

const order = (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0)

/** By code points, which is by the bytes of UTF-8. */
function compareTexts(a: string, b: string): number {
  if (a === b) return 0
  return /[\ud800-\udfff]/.test(a) || /[\ud800-\udfff]/.test(b)
    ? Buffer.compare(Buffer.from(a), Buffer.from(b))
    : a < b
      ? -1
      : 1
}

const ORDERED = ['bool', 'string', 'bytes', 'timestamp', 'duration']
const NUMBERS = ['int', 'uint', 'double']

const comparison = (name: string, id: string, fits: (order: number) => boolean): Declaration =>
  declare(
    name,
    (a: Value, b: Value) => fits(compare(a, b)),
    ...ORDERED.map(type => `${id}_${type}: (${type}, ${type}) bool`),
    ...NUMBERS.flatMap(a => NUMBERS.map(b => `${id}_${a}_${b}: (${a}, ${b}) bool`)),
  )

function isIn(value: Value, container: Value): boolean {
  if (container instanceof MapValue) return container.has(value)
  if (container instanceof ObjectValue) return typeof value === 'string' && container.get(value) !== undefined
  if (!(container instanceof ListValue)) throw noSuchOverload()
  for (const item of container) if (equal(item, value)) return true
  return false
}

function toInt(value: Value): bigint {
  if (typeof value === 'bigint') return value
  if (value instanceof Uint) return int(value.value)
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || value >= 2 ** 63 || value <= -(2 ** 63))
      throw new EvaluationError('integer overflow')
    return BigInt(Math.trunc(value))
  }
  if (value instanceof Timestamp) return value.nanos / 1_000_000_000n - (value.nanos % 1_000_000_000n < 0n ? 1n : 0n)
  if (value instanceof Duration) return value.nanos
  if (typeof value === 'string' && /^[+-]?\d+$/.test(value)) {
    const read = BigInt(value.replace(/^\+/, ''))
    if (read <= MAX_INT && read >= MIN_INT) return read
  }
  throw new EvaluationError(`type conversion error from '${typeNameOf(value)}' to 'int'`)
}

function toUint(value: Value): Uint {
  if (value instanceof Uint) return value
  if (typeof value === 'bigint') return uint(value)
  if (typeof value === 'number') {
    if (!(value >= 0 && value < 2 ** 64)) throw new EvaluationError('unsigned integer overflow')
    return new Uint(BigInt(Math.trunc(value)))
  }
  if (typeof value === 'string' && /^\d+$/.test(value)) return uint(BigInt(value))
  throw new EvaluationError(`type conversion error from '${typeNameOf(value)}' to 'uint'`)
}

function toDouble(value: Value): number {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Uint) return Number(value.value)
  const text = String(value).trim()
  const known: Record<string, number> = { NaN: Number.NaN, Inf: Infinity, '+Inf': Infinity, '-Inf': -Infinity }
  if (Object.hasOwn(known, text)) return known[text]!
  if (text !== '' && text === value && !Number.isNaN(Number(text))) return Number(text)
  throw new EvaluationError(`type conversion error from '${typeNameOf(value)}' to 'double'`)
}

/** A double as CEL writes it: the shortest digits that read back the same. */
export function showDouble(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const exponent = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)))
  if (exponent >= -4 && exponent < 21) return String(value)
  const [digits, power = ''] = value.toExponential().split('e')
  return `${digits}e${power[0]}${power.slice(1).padStart(2, '0')}`
}

function toText(value: Value): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return showDouble(value)
  if (value instanceof Uint) return String(value.value)
  if (value instanceof Uint8Array) {
    const text = Buffer.from(value).toString('utf8')
    if (text.includes('\ufffd')) throw new EvaluationError('invalid UTF-8 in bytes, cannot convert to string')
    return text
  }
  if (value instanceof Duration) return `${Number(value.nanos) / 1e9}s`
  return String(value)
}

function toBool(value: Value): boolean {
  if (typeof value === 'boolean') return value
  if (/^(1|t|T|TRUE|true|True)$/.test(String(value))) return true
  if (/^(0|f|F|FALSE|false|False)$/.test(String(value))) return false
  throw new EvaluationError(`type conversion error from '${typeNameOf(value)}' to 'bool'`)
}

function toTimestamp(value: Value): Timestamp {
  if (value instanceof Timestamp) return value
  return typeof value === 'bigint' ? inRange(value * 1_000_000_000n) : parseTimestamp(value as string)
}

function toDuration(value: Value): Duration {
  if (value instanceof Duration) return value
  if (typeof value === 'bigint') return span(value)
  return span(evaluating(() => parseDurationNanos(value as string)))
}

function matches(text: string, pattern: string): boolean {
  return evaluating(() => matchesRe2(pattern, text))
}

type Getter = (when: Timestamp | Duration, zone?: string) => bigint
const getter = (name: string, id: string, get: (c: ReturnType<typeof calendarOf>) => number, span?: bigint) => {
  const implementation: Getter = (when, zone) => {
    if (when instanceof Duration) return when.nanos / span!
    return BigInt(get(calendarOf(when, zone)))
  }
  const own = [`timestamp_to_${id}: timestamp.() int`, `timestamp_to_${id}_with_tz: timestamp.(string) int`]
  return declare(name, implementation, ...own, ...(span ? [`duration_to_${id}: duration.() int`] : []))
}

/** Only for the checker: the interpreter knows these itself. */
const inherent = (): Value => {
  throw noSuchOverload()
}

export const STANDARD: readonly Declaration[] = [
  declare('_?_:_', inherent, 'conditional: (bool, A, A) A'),
  declare('_&&_', inherent, 'logical_and: (bool, bool) bool'),
  declare('_||_', inherent, 'logical_or: (bool, bool) bool'),
  declare('@not_strictly_false', inherent, 'not_strictly_false: (bool) bool'),
  declare('!_', (a: boolean) => !a, 'logical_not: (bool) bool'),
  declare('_==_', inherent, 'equals: (A, A) bool'),
  declare('_!=_', inherent, 'not_equals: (A, A) bool'),
  declare(
    '_[_]',
    inherent,
    'index_list: (list<A>, int) A',
    'index_map: (map<A, B>, A) B',
    'optional_list_index: (optional<list<A>>, int) optional<A>',
    'optional_map_index: (optional<map<A, B>>, A) optional<B>',
  ),
  declare(
    '_[?_]',
    inherent,
    'list_optindex: (list<A>, int) optional<A>',
    'map_optindex: (map<A, B>, A) optional<B>',
    'optional_list_optindex: (optional<list<A>>, int) optional<A>',
    'optional_map_optindex: (optional<map<A, B>>, A) optional<B>',
  ),
  declare(
    '_+_',
    add,
    'add_int64: (int, int) int',
    'add_uint64: (uint, uint) uint',
    'add_double: (double, double) double',
    'add_string: (string, string) string',
    'add_bytes: (bytes, bytes) bytes',
    'add_list: (list<A>, list<A>) list<A>',
    'add_duration_duration: (duration, duration) duration',
    'add_timestamp_duration: (timestamp, duration) timestamp',
    'add_duration_timestamp: (duration, timestamp) timestamp',
  ),
  declare(
    '_-_',
    subtract,
    'subtract_int64: (int, int) int',
    'subtract_uint64: (uint, uint) uint',
    'subtract_double: (double, double) double',
    'subtract_timestamp_timestamp: (timestamp, timestamp) duration',
    'subtract_timestamp_duration: (timestamp, duration) timestamp',
    'subtract_duration_duration: (duration, duration) duration',
  ),
  declare(
    '_*_',
    (a: Value, b: Value) => arithmetic(a, b, { ints: (x, y) => x * y, doubles: (x, y) => x * y }),
    'multiply_int64: (int, int) int',
    'multiply_uint64: (uint, uint) uint',
    'multiply_double: (double, double) double',
  ),
  declare(
    '_/_',
    (a: Value, b: Value) =>
      arithmetic(a, b, { ints: nonZero((x, y) => x / y, 'division by zero'), doubles: (x, y) => x / y }),
    'divide_int64: (int, int) int',
    'divide_uint64: (uint, uint) uint',
    'divide_double: (double, double) double',
  ),
  declare(
    '_%_',
    (a: Value, b: Value) => arithmetic(a, b, { ints: nonZero((x, y) => x % y, 'modulus by zero') }),
    'modulo_int64: (int, int) int',
    'modulo_uint64: (uint, uint) uint',
  ),
  declare(
    '-_',
    (a: bigint | number) => (typeof a === 'bigint' ? int(-a) : -a),
    'negate_int64: (int) int',
    'negate_double: (double) double',
  ),
  comparison('_<_', 'less', order => order < 0),
  comparison('_<=_', 'less_equals', order => order <= 0),
  comparison('_>_', 'greater', order => order > 0),
  comparison('_>=_', 'greater_equals', order => order >= 0),
  declare('@in', isIn, 'in_list: (A, list<A>) bool', 'in_map: (A, map<A, B>) bool'),
  declare(
    'size',
    (value: Value) => BigInt(sizeOf(value)),
    ...['string', 'bytes', 'list<A>', 'map<A, B>'].flatMap((type, i) => [
      `size_${i}: (${type}) int`,
      `member_size_${i}: ${type}.() int`,
    ]),
  ),
  declare('contains', (text: string, part: string) => text.includes(part), 'contains_string: string.(string) bool'),
  declare(
    'startsWith',
    (text: string, part: string) => text.startsWith(part),
    'starts_with_string: string.(string) bool',
  ),
  declare('endsWith', (text: string, part: string) => text.endsWith(part), 'ends_with_string: string.(string) bool'),
  declare('matches', matches, 'matches_string: string.(string) bool', 'matches_string: (string, string) bool'),
  declare('type', (value: Value) => new TypeValue(typeNameOf(value)), 'type: (A) type<A>'),
  declare('dyn', (value: Value) => value, 'to_dyn: (A) dyn'),
  declare(
    'int',
    toInt,
    ...['int', 'uint', 'double', 'string', 'timestamp', 'duration'].map(t => `${t}_to_int: (${t}) int`),
  ),
  declare('uint', toUint, ...['int', 'uint', 'double', 'string'].map(t => `${t}_to_uint: (${t}) uint`)),
  declare('double', toDouble, ...['int', 'uint', 'double', 'string'].map(t => `${t}_to_double: (${t}) double`)),
  declare(
    'string',
    toText,
    ...['bool', 'int', 'uint', 'double', 'string', 'bytes', 'timestamp', 'duration'].map(
      t => `${t}_to_string: (${t}) string`,
    ),
  ),
  declare(
    'bytes',
    (value: string | Uint8Array) => Buffer.from(value as string),
    'string_to_bytes: (string) bytes',
    'bytes_to_bytes: (bytes) bytes',
  ),
  declare('bool', toBool, 'string_to_bool: (string) bool', 'bool_to_bool: (bool) bool'),
  declare('timestamp', toTimestamp, ...['string', 'int', 'timestamp'].map(t => `${t}_to_timestamp: (${t}) timestamp`)),
  declare('duration', toDuration, ...['string', 'int', 'duration'].map(t => `${t}_to_duration: (${t}) duration`)),
  getter('getFullYear', 'year', c => c.year),
  getter('getMonth', 'month', c => c.month),
  getter('getDayOfYear', 'day_of_year', c => c.yearDay),
  getter('getDayOfMonth', 'day_of_month', c => c.day - 1),
  getter('getDate', 'day_of_month_1_based', c => c.day),
  getter('getDayOfWeek', 'day_of_week', c => c.weekday),
  getter('getHours', 'hours', c => c.hours, 3_600_000_000_000n),
  getter('getMinutes', 'minutes', c => c.minutes, 60_000_000_000n),
  getter('getSeconds', 'seconds', c => c.seconds, 1_000_000_000n),
  getter('getMilliseconds', 'milliseconds', c => c.milliseconds, 1_000_000n),
  declare(
    'cel.@mapInsert',
    (into: CollectingMap, ...entry: Value[]) => {
      const [key, value] = entry
      if (entry.length === 2) return into.insert(key!, value!)
      if (!(key instanceof MapValue)) throw noSuchOverload()
      for (const one of key.keys()) into.insert(one, key.get(one)!)
      return into
    },
    'map_insert_key_value: (map<A, B>, A, B) map<A, B>',
    'map_insert_map: (map<A, B>, map<A, B>) map<A, B>',
  ),
]

/** Whether a text can be what a function needs, for literals: their errors show before anything is evaluated. */
export const LITERAL_CHECKS: Readonly<Record<string, (text: string) => unknown>> = {
  matches: compileRe2,
  duration: parseDurationNanos,
  timestamp: parseTimestamp,
}
