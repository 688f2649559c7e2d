import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  parseQuantity,
  quantityNumber,
  quantitySign,
  subtractQuantities,
} from '../../quantity.ts'
import { compileRe2 } from '../../re2.ts'
import { formatCheck } from '../../validation/formats.ts'
import {
  isDNS1035Label,
  isLabelValue,
  isQualifiedName,
  nameIsDNSLabel,
  nameIsDNSSubdomain,
} from '../../validation/names.ts'
import { EvaluationError } from '../errors.ts'
import { type Declaration, declare, evaluating } from '../functions.ts'
import { ArrayList, type ListValue, OpaqueValue, OptionalValue } from '../values.ts'
import { parseURL } from './network.ts'

/** Regular expressions, quantities and named formats, as Kubernetes offers them to expressions (apiserver cel/library). */

function find(text: string, pattern: string): string {
  return findAll(text, pattern, 1n)[0] ?? ''
}

function findAll(text: string, pattern: string, limit = -1n): string[] {
  const found: string[] = []
  const matcher = regex(pattern).matcher(text)
  while ((limit < 0n || found.length < Number(limit)) && matcher.find()) found.push(matcher.group() ?? '')
  return found
}

function regex(pattern: string): ReturnType<typeof compileRe2> {
  try {
    return compileRe2(pattern)
  } catch (error) {
    throw new EvaluationError(`Illegal regex: ${(error as Error).message}`)
  }
}

class QuantityValue extends OpaqueValue {
  readonly type = 'kubernetes.Quantity'
  readonly text: string
  constructor(text: string) {
    super()
    this.text = text
  }
  equals(other: QuantityValue): boolean {
    return compareQuantities(this.text, other.text) === 0
  }
}

const NANO = 1_000_000_000n
const MAX_INT = 0x7fff_ffff_ffff_ffffn

/** An amount as a value. Throws EvaluationError where the text is none. */
export function toQuantity(text: string): QuantityValue {
  return evaluating(() => {
    parseQuantity(text)
    return new QuantityValue(canonicalQuantity(text))
  })
}

function isQuantity(text: string): boolean {
  try {
    parseQuantity(text)
    return true
  } catch {
    return false
  }
}

function wholeOf({ text }: QuantityValue): bigint | undefined {
  const { nanos } = parseQuantity(text)
  const whole = nanos / NANO
  return nanos % NANO === 0n && whole <= MAX_INT && whole >= -MAX_INT - 1n ? whole : undefined
}

function toInteger(quantity: QuantityValue): bigint {
  const whole = wholeOf(quantity)
  if (whole === undefined) throw new EvaluationError('cannot convert value to integer')
  return whole
}

const amount = (value: QuantityValue | bigint) => (typeof value === 'bigint' ? String(value) : value.text)
const Q = 'kubernetes.Quantity'

class NamedFormat extends OpaqueValue {
  readonly type = 'kubernetes.NamedFormat'
  readonly name: string
  readonly check: (text: string) => readonly string[]
  constructor(name: string, check: (text: string) => readonly string[]) {
    super()
    this.name = name
    this.check = check
  }
  equals(other: NamedFormat): boolean {
    return this.name === other.name
  }
}

const known = (format: string, problem: string) => (text: string) => (formatCheck(format)!(text) ? [] : [problem])

function uri(text: string): string[] {
  try {
    parseURL(text)
    return []
  } catch (error) {
    return [(error as Error).message]
  }
}

const label1035 = (text: string, prefix: boolean) => isDNS1035Label(prefix ? text.replace(/-$/, 'a') : text)

const FORMATS: ReadonlyMap<string, NamedFormat> = new Map(
  Object.entries<(text: string) => readonly string[]>({
    dns1123Label: text => nameIsDNSLabel(text, false),
    dns1123Subdomain: text => nameIsDNSSubdomain(text, false),
    dns1035Label: text => label1035(text, false),
    qualifiedName: isQualifiedName,
    dns1123LabelPrefix: text => nameIsDNSLabel(text, true),
    dns1123SubdomainPrefix: text => nameIsDNSSubdomain(text, true),
    dns1035LabelPrefix: text => label1035(text, true),
    labelValue: isLabelValue,
    uri,
    uuid: known('uuid', 'does not match the UUID format'),
    byte: known('byte', 'invalid base64'),
    date: known('date', 'invalid date'),
    datetime: known('datetime', 'invalid datetime'),
  }).map(([name, check]) => [name, new NamedFormat(name, check)]),
)

function problems(format: NamedFormat, text: string): OptionalValue {
  const found = format.check(text)
  return OptionalValue.of(found.length > 0 ? new ArrayList(found) : undefined)
}

export const KUBERNETES: readonly Declaration[] = [
  declare('find', find, 'string_find_string: string.(string) string'),
  declare(
    'findAll',
    (text: string, pattern: string, limit?: bigint): ListValue => new ArrayList(findAll(text, pattern, limit)),
    'string_find_all_string: string.(string) list<string>',
    'string_find_all_string_int: string.(string, int) list<string>',
  ),

  declare('quantity', toQuantity, `string_to_quantity: (string) ${Q}`),
  declare('isQuantity', isQuantity, 'is_quantity_string: (string) bool'),
  declare('sign', ({ text }: QuantityValue) => BigInt(quantitySign(text)), `quantity_sign: ${Q}.() int`),
  declare(
    'isGreaterThan',
    (a: QuantityValue, b: QuantityValue) => compareQuantities(a.text, b.text) > 0,
    `quantity_is_greater_than: ${Q}.(${Q}) bool`,
  ),
  declare(
    'isLessThan',
    (a: QuantityValue, b: QuantityValue) => compareQuantities(a.text, b.text) < 0,
    `quantity_is_less_than: ${Q}.(${Q}) bool`,
  ),
  declare(
    'compareTo',
    (a: QuantityValue, b: QuantityValue) => BigInt(compareQuantities(a.text, b.text)),
    `quantity_compare_to: ${Q}.(${Q}) int`,
  ),
  declare(
    'asApproximateFloat',
    ({ text }: QuantityValue) => quantityNumber(text),
    `quantity_get_float: ${Q}.() double`,
  ),
  declare('asInteger', toInteger, `quantity_get_int: ${Q}.() int`),
  declare('isInteger', (value: QuantityValue) => wholeOf(value) !== undefined, `quantity_is_integer: ${Q}.() bool`),
  declare(
    'add',
    (a: QuantityValue, b: QuantityValue | bigint) => new QuantityValue(addQuantities(a.text, amount(b))),
    `quantity_add: ${Q}.(${Q}) ${Q}`,
    `quantity_add_int: ${Q}.(int) ${Q}`,
  ),
  declare(
    'sub',
    (a: QuantityValue, b: QuantityValue | bigint) => new QuantityValue(subtractQuantities(a.text, amount(b))),
    `quantity_sub: ${Q}.(${Q}) ${Q}`,
    `quantity_sub_int: ${Q}.(int) ${Q}`,
  ),

  ...[...FORMATS].map(([name, format]) => declare(`format.${name}`, () => format, `format_${name}: () ${format.type}`)),
  declare(
    'format.named',
    (name: string) => OptionalValue.of(FORMATS.get(name)),
    'format-named: (string) optional<kubernetes.NamedFormat>',
  ),
  declare('validate', problems, 'format-validate: kubernetes.NamedFormat.(string) optional<list<string>>'),
]
