import { isIP } from 'node:net'
import { parseDurationNanos } from '../duration.ts'

/** The formats of strings that are checked (kube-openapi validation/strfmt), by their names without dashes. */

const UUID = (version: string, variant: string) =>
  new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?${variant}[0-9a-f]{3}-?[0-9a-f]{12}$`, 'i')
const HEX = '[0-9a-f]'
const pattern = (expression: RegExp) => (text: string) => expression.test(text)
const LABEL = /^[a-zA-Z0-9\p{S}\p{L}]([a-zA-Z0-9\-\p{S}\p{L}]*[a-zA-Z0-9\p{S}\p{L}])?$/u
const K8S_SEGMENT = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?'
const K8S_SHORT = new RegExp(`^${K8S_SEGMENT}$`)
const K8S_LONG = new RegExp(`^${K8S_SEGMENT}(?:\\.${K8S_SEGMENT})*$`)

function isURI(text: string): boolean {
  if (/[\s\p{Cc}]/u.test(text) || text === '') return false
  if (text.startsWith('/')) return !/%(?![0-9a-fA-F]{2})/.test(text)
  return /^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text) && URL.canParse(text)
}

function isHostname(text: string): boolean {
  if (text === '' || text.length > 255) return false
  const labels = text.split('.')
  return labels.every(label => Buffer.byteLength(label) <= 63 && LABEL.test(label))
}

function isCIDR(text: string): boolean {
  const [address = '', length = '', more] = text.split('/')
  const family = isIP(address)
  return family > 0 && more === undefined && /^\d+$/.test(length) && Number(length) <= (family === 4 ? 32 : 128)
}

function isDate(text: string): boolean {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  if (!match) return false
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number]
  const date = new Date(Date.UTC(2000, month - 1, day))
  date.setUTCFullYear(year)
  return month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(year + 400, month, 0)).getUTCDate()
}

function isDateTime(text: string): boolean {
  const [date = '', time = ''] = text.toLowerCase().split('t', 2)
  const match = /^(\d{2}):(\d{2}):(\d{2})(.\d+)?(z|[+-]\d{2}:\d{2})$/.exec(time)
  return isDate(date) && match !== null && match[1]! <= '23' && match[2]! <= '59' && match[3]! <= '59'
}

/** Go's durations, and those such as `3 days`. */
function isDuration(text: string): boolean {
  try {
    parseDurationNanos(text)
    return true
  } catch {
    return /^\s*\d+\s*(ns|nanos?|nanoseconds?|us|µs|micros?|microseconds?|ms|millis?|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?)\s*$/i.test(
      text,
    )
  }
}

function isISBN10(text: string): boolean {
  const digits = text.replace(/[\s-]+/g, '')
  if (!/^\d{9}[\dX]$/.test(digits)) return false
  const sum = [...digits].reduce((total, c, i) => total + (10 - i) * (c === 'X' ? 10 : Number(c)), 0)
  return sum % 11 === 0
}

function isISBN13(text: string): boolean {
  const digits = text.replace(/[\s-]+/g, '')
  return /^\d{13}$/.test(digits) && [...digits].reduce((sum, c, i) => sum + Number(c) * (i % 2 ? 3 : 1), 0) % 10 === 0
}

const CREDIT_CARD =
  /^(?:4\d{12}(?:\d{3})?|5[1-5]\d{14}|6(?:011|5\d\d)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|(?:2131|1800|35\d{3})\d{11})$/

function isCreditCard(text: string): boolean {
  const digits = text.replace(/\D+/g, '')
  if (!CREDIT_CARD.test(digits)) return false
  const sum = [...digits].reverse().reduce((total, c, i) => {
    const doubled = Number(c) * (i % 2 ? 2 : 1)
    return total + (doubled > 9 ? doubled - 9 : doubled)
  }, 0)
  return sum % 10 === 0
}

const COLOR = '(?:0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])'

const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  bsonobjectid: pattern(new RegExp(`^${HEX}{24}$`, 'i')),
  uri: isURI,
  email: pattern(/^(?:[^\s<>]*\s*<)?[^\s@<>()",:;]+@[^\s@<>()",:;]+>?$/),
  hostname: isHostname,
  ipv4: text => isIP(text) === 4,
  ipv6: text => isIP(text) === 6,
  cidr: isCIDR,
  mac: pattern(
    /^(?:[0-9a-f]{2}([:-]))(?:[0-9a-f]{2}\1){4}(?:[0-9a-f]{2}\1[0-9a-f]{2}\1)?[0-9a-f]{2}$|^(?:[0-9a-f]{4}\.){2,3}[0-9a-f]{4}$/i,
  ),
  uuid: pattern(UUID(HEX, HEX)),
  uuid3: pattern(UUID('3', HEX)),
  uuid4: pattern(UUID('4', '[89ab]')),
  uuid5: pattern(UUID('5', '[89ab]')),
  isbn: text => isISBN10(text) || isISBN13(text),
  isbn10: isISBN10,
  isbn13: isISBN13,
  creditcard: isCreditCard,
  ssn: pattern(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/),
  hexcolor: pattern(/^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/),
  rgbcolor: pattern(new RegExp(`^rgb\\(\\s*${COLOR}\\s*,\\s*${COLOR}\\s*,\\s*${COLOR}\\s*\\)$`)),
  byte: pattern(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/),
  password: () => true,
  date: isDate,
  duration: isDuration,
  datetime: isDateTime,
  k8sshortname: text => text.length <= 63 && K8S_SHORT.test(text),
  k8slongname: text => text.length <= 253 && K8S_LONG.test(text),
}

/** The check of a string format; undefined for one that is not known and so not checked. */
export const formatCheck = (format: string): ((text: string) => boolean) | undefined => {
  const name = format.replaceAll('-', '')
  return Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined
}

/** Whether a schema's format means something for its type. */
export function isKnownFormat(type: string | undefined, format: string): boolean {
  if (!type || type === 'string') return formatCheck(format) !== undefined
  if (type === 'integer') return format === 'int32' || format === 'int64'
  return type === 'number' && (format === 'float' || format === 'double')
}
