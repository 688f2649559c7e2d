import { own } from './own.ts'
/**
 * resource.Quantity: exact fixed-point numbers with SI, binary or exponent suffixes (apimachinery api/resource). Objects keep
 * them as strings in canonical form; these functions read and write such strings. The smallest step is one nano; finer input is
 * rounded away from zero, as upstream does.
 */
export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent'

export interface Quantity {
  /** The amount in units of 10^-9. */
  readonly nanos: bigint
  readonly format: QuantityFormat
  /** The spelling to keep, where the input is already acceptable; otherwise it is computed. */
  readonly text?: string
}

const FORM = /^([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*[-+]?\d*)$/
const WRONG_FORM = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
const WRONG_SUFFIX = "unable to parse quantity's suffix"
const MAX_INT64 = 2n ** 63n - 1n
const NANO = 1_000_000_000n
const DECIMAL: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
}
const BINARY: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 }
const DECIMAL_SUFFIX = new Map(Object.entries(DECIMAL).map(([suffix, exponent]) => [exponent, suffix]))
const BINARY_SUFFIX = ['', ...Object.keys(BINARY)]
/** Beyond this an exponent only serves to make us compute for ever. */
const MAX_EXPONENT = 1000

/** A string that is not a quantity. */
export class QuantityError extends Error {
  override readonly name = 'QuantityError'
}

function suffixOf(suffix: string): { readonly exponent: number; readonly format: QuantityFormat } {
  const decimal = own(DECIMAL, suffix)
  if (decimal !== undefined) return { exponent: decimal, format: 'DecimalSI' }
  const binary = own(BINARY, suffix)
  if (binary !== undefined) return { exponent: binary, format: 'BinarySI' }
  if (!/^[eE][-+]?\d+$/.test(suffix) || Math.abs(Number(suffix.slice(1))) > MAX_EXPONENT) {
    throw new QuantityError(WRONG_SUFFIX)
  }
  return { exponent: Number(suffix.slice(1)), format: 'DecimalExponent' }
}

/** Divides, rounding away from zero. */
function divideUp(amount: bigint, by: bigint): bigint {
  const quotient = amount / by
  return amount % by === 0n ? quotient : quotient + (amount < 0n ? -1n : 1n)
}

/** amount x 10^exponent, rounded away from zero where that is a fraction. */
const scale10 = (amount: bigint, exponent: number) =>
  exponent >= 0 ? amount * 10n ** BigInt(exponent) : divideUp(amount, 10n ** BigInt(-exponent))

/** Whether upstream keeps the spelling of such a number instead of computing a canonical one. */
function keepsSpelling(digits: string, format: QuantityFormat, exponent: number, decimals: number): boolean {
  if (format === 'BinarySI') {
    const precision = 15 - digits.length - Math.trunc((exponent * 3) / 10) - 1
    return decimals === 0 && precision >= 0 && (BigInt(digits) & 7n) !== 0n
  }
  const scale = exponent - decimals
  return digits.length <= 18 && scale >= -9 && scale % 3 === 0 && !digits.endsWith('000') && digits[0] !== '0'
}

/** Reads a quantity. Throws QuantityError with upstream's text. */
export function parseQuantity(text: string): Quantity {
  const match = text === '' ? null : FORM.exec(text)
  if (!match) throw new QuantityError(WRONG_FORM)
  const [, sign, whole = '', fraction = '', suffix = ''] = match
  const { exponent, format } = suffixOf(suffix)
  const digits = (whole.replace(/^0+/, '') || '0') + fraction
  if (digits === '0') return { nanos: 0n, format, text: '0' }

  const decimals = fraction.length
  let nanos =
    format === 'BinarySI'
      ? scale10(BigInt(digits) << BigInt(exponent), 9 - decimals)
      : scale10(BigInt(digits), 9 + exponent - decimals)
  if (format === 'BinarySI' && nanos > MAX_INT64 * NANO) nanos = MAX_INT64 * NANO
  const shown = format === 'BinarySI' && nanos < NANO ? 'DecimalSI' : format
  const signed = sign === '-' ? -nanos : nanos
  return keepsSpelling(digits, format, exponent, decimals)
    ? { nanos: signed, format: shown, text }
    : { nanos: signed, format: shown }
}

function formatDecimal(nanos: bigint, format: QuantityFormat): string {
  let amount = nanos
  let exponent = -9
  while (amount % 10n === 0n) {
    amount /= 10n
    exponent++
  }
  const cap = format === 'DecimalSI' ? 18 : Number.POSITIVE_INFINITY
  while (exponent % 3 !== 0 || exponent > cap) {
    amount *= 10n
    exponent--
  }
  if (format === 'DecimalSI') return `${amount}${DECIMAL_SUFFIX.get(exponent)}`
  return exponent === 0 ? `${amount}` : `${amount}e${exponent}`
}

/** The canonical spelling: no fraction, the largest suffix that keeps the number exact. */
export function formatQuantity({ nanos, format, text }: Quantity): string {
  if (text !== undefined) return text
  if (nanos === 0n) return '0'
  const small = nanos > -1024n * NANO && nanos < 1024n * NANO
  if (format !== 'BinarySI') return formatDecimal(nanos, format)
  if (small || nanos % NANO !== 0n) return formatDecimal(nanos, 'DecimalSI')
  let amount = nanos / NANO
  let power = 0
  while (amount % 1024n === 0n && power < 6) {
    amount /= 1024n
    power++
  }
  return `${amount}${BINARY_SUFFIX[power]}`
}

/** What is parsed again and again: the scheduler asks the same few strings thousands of times. */
const parsed = new Map<string, Quantity>()
const MAX_PARSED = 4096

function read(text: string): Quantity {
  const known = parsed.get(text)
  if (known) return known
  const quantity = parseQuantity(text)
  if (parsed.size >= MAX_PARSED) parsed.clear()
  parsed.set(text, quantity)
  return quantity
}

/** Canonical spelling of a string or number as found in JSON or YAML. Throws QuantityError. */
export function canonicalQuantity(value: string | number): string {
  const text = typeof value === 'number' ? String(value) : value.trim()
  return formatQuantity(read(text))
}

export function compareQuantities(a: string, b: string): -1 | 0 | 1 {
  const left = read(a).nanos
  const right = read(b).nanos
  return left < right ? -1 : left > right ? 1 : 0
}

const combined = (a: Quantity, b: Quantity, nanos: bigint): string =>
  formatQuantity({ nanos, format: a.nanos === 0n ? b.format : a.format })

/** a + b, in a's format unless a is zero. */
export function addQuantities(a: string, b: string): string {
  const left = read(a)
  const right = read(b)
  return combined(left, right, left.nanos + right.nanos)
}

/** a - b, in a's format unless a is zero. */
export function subtractQuantities(a: string, b: string): string {
  const left = read(a)
  const right = read(b)
  return combined(left, right, left.nanos - right.nanos)
}

const isPlainInteger = /^\d{1,15}$/

/** The amount as a whole number, rounded away from zero: bytes of memory, counts. */
export function quantityValue(text: string): number {
  if (isPlainInteger.test(text)) return Number(text)
  return Number(divideUp(read(text).nanos, NANO))
}

/** The amount in thousandths, rounded away from zero: CPU. */
export function quantityMilliValue(text: string): number {
  return Number(divideUp(read(text).nanos, 1_000_000n))
}

/** The quantity with anything below a thousandth rounded away from zero, as resources of containers are kept. */
export function quantityRoundedToMilli(text: string): string {
  const { nanos, format } = read(text)
  if (nanos % 1_000_000n === 0n) return text
  return formatQuantity({ nanos: divideUp(nanos, 1_000_000n) * 1_000_000n, format })
}

/** The amount as a floating-point number, for ratios and metrics. */
export const quantityNumber = (text: string): number => Number(read(text).nanos) / 1e9

/** -1, 0 or 1. */
export function quantitySign(text: string): -1 | 0 | 1 {
  const { nanos } = read(text)
  return nanos === 0n ? 0 : nanos < 0n ? -1 : 1
}
export const isZeroQuantity = (text: string): boolean => read(text).nanos === 0n

/** A quantity of whole units. */
export const quantityFrom = (value: number | bigint, format: QuantityFormat = 'DecimalSI'): string =>
  formatQuantity({ nanos: BigInt(value) * NANO, format })
/** A quantity of thousandths. */
export const quantityFromMilli = (value: number | bigint, format: QuantityFormat = 'DecimalSI'): string =>
  formatQuantity({ nanos: BigInt(value) * 1_000_000n, format })
