import { EvaluationError } from '../errors.ts'
import { type Declaration, declare } from '../functions.ts'
import { ArrayList, charactersOf, type ListValue, type Value } from '../values.ts'
import { formatText } from './format-text.ts'

/** Longest text that functions make. */
const MAX_TEXT = 16 * 1024 * 1024

function limited(length: number): void {
  if (length > MAX_TEXT) throw new EvaluationError(`the text would be longer than ${MAX_TEXT} characters`)
}

const plain = (text: string) => charactersOf(text) === text.length
const chars = (text: string): ArrayLike<string> & { slice(a?: number, b?: number): ArrayLike<string> } =>
  plain(text) ? (text as never) : [...text]
const joined = (part: ArrayLike<string>) => (typeof part === 'string' ? part : Array.from(part).join(''))

function outOfRange(index: bigint): never {
  throw new EvaluationError(`index out of range: ${index}`)
}

function charAt(text: string, index: bigint): string {
  const all = chars(text)
  if (index < 0n || index > all.length) outOfRange(index)
  return all[Number(index)] ?? ''
}

function indexOf(text: string, part: string, from = 0n): bigint {
  const all = chars(text)
  if (from < 0n || from > all.length) {
    if (part === '') return from
    outOfRange(from)
  }
  if (part === '') return from
  const start = joined(all.slice(0, Number(from))).length
  const at = text.indexOf(part, start)
  return at < 0 ? -1n : BigInt(charactersOf(text.slice(0, at)))
}

function lastIndexOf(text: string, part: string, from?: bigint): bigint {
  const all = chars(text)
  if (part === '') return from ?? BigInt(all.length)
  if (from !== undefined && (from < 0n || from >= all.length)) outOfRange(from)
  const start = from === undefined ? text.length : joined(all.slice(0, Number(from))).length
  const at = text.lastIndexOf(part, start)
  return at < 0 ? -1n : BigInt(charactersOf(text.slice(0, at)))
}

function substring(text: string, from: bigint, to?: bigint): string {
  const all = chars(text)
  const end = to ?? BigInt(all.length)
  if (from < 0n || from > all.length) outOfRange(from)
  if (end < 0n || end > all.length) outOfRange(end)
  if (from > end) throw new EvaluationError(`invalid substring range. start: ${from}, end: ${end}`)
  return joined(all.slice(Number(from), Number(end)))
}

function replace(text: string, part: string, by: string, limit = -1n): string {
  if (limit === 0n || part === by) return text
  const pieces = part === '' ? ['', ...text, ''] : text.split(part)
  const most = limit < 0n ? pieces.length - 1 : Math.min(Number(limit), pieces.length - 1)
  limited(text.length + most * by.length)
  const head = pieces.slice(0, most + 1).join(by)
  return most === pieces.length - 1 ? head : [head, ...pieces.slice(most + 1)].join(part)
}

function split(text: string, separator: string, limit = -1n): ListValue {
  if (limit === 0n) return new ArrayList([])
  const pieces = separator === '' ? [...text] : text.split(separator)
  if (limit < 0n || pieces.length <= Number(limit)) return new ArrayList(pieces)
  const most = Number(limit) - 1
  return new ArrayList([...pieces.slice(0, most), pieces.slice(most).join(separator)])
}

function join(list: ListValue, separator = ''): string {
  let length = 0
  const texts: string[] = []
  for (const item of list) {
    if (typeof item !== 'string') throw new EvaluationError('no such overload')
    texts.push(item)
    length += item.length + separator.length
    limited(length)
  }
  return texts.join(separator)
}

const SPACE =
  /^[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/g
const ascii = (text: string, from: RegExp, to: (c: string) => string) => text.replace(from, to)

const QUOTED: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
}
const quote = (text: string) => `"${Array.from(text, c => QUOTED[c] ?? c).join('')}"`

/** Functions on texts (cel-go's ext.Strings, version 2). Positions count characters. */
export const STRINGS: readonly Declaration[] = [
  declare('charAt', charAt, 'string_char_at_int: string.(int) string'),
  declare(
    'indexOf',
    indexOf,
    'string_index_of_string: string.(string) int',
    'string_index_of_string_int: string.(string, int) int',
  ),
  declare(
    'lastIndexOf',
    lastIndexOf,
    'string_last_index_of_string: string.(string) int',
    'string_last_index_of_string_int: string.(string, int) int',
  ),
  declare(
    'lowerAscii',
    (text: string) => ascii(text, /[A-Z]+/g, c => c.toLowerCase()),
    'string_lower_ascii: string.() string',
  ),
  declare(
    'upperAscii',
    (text: string) => ascii(text, /[a-z]+/g, c => c.toUpperCase()),
    'string_upper_ascii: string.() string',
  ),
  declare(
    'replace',
    replace,
    'string_replace_string_string: string.(string, string) string',
    'string_replace_string_string_int: string.(string, string, int) string',
  ),
  declare(
    'split',
    split,
    'string_split_string: string.(string) list<string>',
    'string_split_string_int: string.(string, int) list<string>',
  ),
  declare(
    'substring',
    substring,
    'string_substring_int: string.(int) string',
    'string_substring_int_int: string.(int, int) string',
  ),
  declare('trim', (text: string) => text.replace(SPACE, ''), 'string_trim: string.() string'),
  declare('join', join, 'list_join: list<string>.() string', 'list_join_string: list<string>.(string) string'),
  declare('strings.quote', quote, 'strings_quote: (string) string'),
  declare(
    'format',
    (text: string, values: ListValue) => formatText(text, [...values] as Value[]),
    'string_format: string.(list<dyn>) string',
  ),
]
