import { EvaluationError } from '../errors.ts'
import {
  Duration,
  ListValue,
  MapValue,
  ObjectValue,
  Timestamp,
  TypeValue,
  typeNameOf,
  Uint,
  type Value,
} from '../values.ts'
import { showDouble } from './standard.ts'

const CLAUSE = /%(?:(%)|(?:\.(\d+))?([a-zA-Z]))/g
const MAX_PRECISION = 1000
const PRECISION = 6

/** Fills values into a text: %s %d %f %e %b %o %x %X, after cel-go's ext/formatting_v2.go. Throws EvaluationError. */
export function formatText(text: string, values: readonly Value[]): string {
  let next = 0
  return text.replace(CLAUSE, (_, percent, precision, verb) => {
    if (percent) return '%'
    if (next >= values.length) throw new EvaluationError(`index ${next} out of range`)
    const digits = precision === undefined ? PRECISION : Number(precision)
    if (digits > MAX_PRECISION) throw new EvaluationError(`precision ${digits} is too large`)
    return clause(verb, values[next++]!, digits)
  })
}

function clause(verb: string, value: Value, digits: number): string {
  switch (verb) {
    case 's':
      return shown(value)
    case 'd':
      return typeof value === 'number' && !Number.isFinite(value)
        ? special(value)
        : String(whole(value, 'decimal clause'))
    case 'f': {
      const real = double(value)
      return Number.isFinite(real) ? real.toFixed(Math.min(digits, 100)) : special(real)
    }
    case 'e': {
      const real = double(value)
      if (!Number.isFinite(real)) return special(real)
      return real.toExponential(Math.min(digits, 100)).replace(/e([+-])(\d+)$/, raised)
    }
    case 'b':
      return typeof value === 'boolean' ? String(Number(value)) : whole(value, 'binary clause').toString(2)
    case 'o':
      return whole(value, 'octal clause').toString(8)
    case 'x':
      return hex(value)
    case 'X':
      return hex(value).toUpperCase()
    default:
      throw new EvaluationError(`unrecognized formatting clause "${verb}"`)
  }
}

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹'

/** An exponent as it is written by hand: `×10⁻⁰⁷`. */
function raised(_: string, sign: string, digits: string): string {
  const power = [...digits.padStart(2, '0')].map(digit => SUPERSCRIPTS[Number(digit)])
  return `×10${sign === '-' ? '⁻' : ''}${power.join('')}`
}

const special = (value: number) => (Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity')

function whole(value: Value, where: string): bigint {
  if (typeof value === 'bigint') return value
  if (value instanceof Uint) return value.value
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value)
  throw new EvaluationError(`${where} can only be used on integers, was given ${typeNameOf(value)}`)
}

function double(value: Value): number {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Uint) return Number(value.value)
  throw new EvaluationError(`fixed-point clause can only be used on doubles, was given ${typeNameOf(value)}`)
}

function hex(value: Value): string {
  if (typeof value === 'string') return Buffer.from(value).toString('hex')
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return whole(value, 'hex clause').toString(16)
}

function shown(value: Value): string {
  if (value === null) return 'null'
  if (typeof value === 'number') return Number.isFinite(value) ? showDouble(value) : special(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8')
  if (value instanceof Uint) return String(value.value)
  if (value instanceof Duration) return `${Number(value.nanos) / 1e9}s`
  if (value instanceof Timestamp) return value.toString()
  if (value instanceof TypeValue) return value.name
  if (value instanceof ListValue) return `[${[...value].map(shown).join(', ')}]`
  if (value instanceof MapValue) {
    const entries = [...value.keys()].map(key => `${shown(key)}: ${shown(value.get(key)!)}`)
    return `{${entries.sort().join(', ')}}`
  }
  if (typeof value === 'object') {
    const what = value instanceof ObjectValue ? value.type : typeNameOf(value)
    throw new EvaluationError(
      `string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given ${what}`,
    )
  }
  return String(value)
}
