import { CompileError } from './source.ts'
import { Uint, type Value } from './values.ts'

export interface Token {
  readonly kind: 'end' | 'name' | 'quoted-name' | 'literal' | 'punctuation'
  readonly at: number
  readonly text: string
  readonly value?: Value
}

const PUNCTUATION = ['==', '!=', '<=', '>=', '&&', '||', ...'<>!+-*/%?:.,()[]{}']
const SPACE = /\s+|\/\/[^\n]*/y
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y
const QUOTED_NAME = /`([A-Za-z0-9_.\-/ ]+)`/y
const NUMBER =
  /0[xX]([0-9a-fA-F]+)([uU])?|(\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)|(\d+)([uU])?/y
const STRING = /([rR]?[bB]?|[bB][rR])("""|'''|"|')/y

/** The tokens of an expression. Throws CompileError. */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  const match = (pattern: RegExp) => {
    pattern.lastIndex = at
    return pattern.exec(source)
  }
  while (at < source.length) {
    const space = match(SPACE)
    if (space) {
      at += space[0].length
      continue
    }
    const token = stringAt(source, at, match(STRING)) ?? numberAt(source, at, match(NUMBER)) ?? wordAt(at, match)
    const punctuation = token ?? punctuationAt(source, at)
    if (!punctuation) {
      throw new CompileError(source, [{ at, message: `Syntax error: token recognition error at: '${source[at]}'` }])
    }
    tokens.push(punctuation)
    at += punctuation.text.length
  }
  tokens.push({ kind: 'end', at: source.length, text: '<EOF>' })
  return tokens
}

function wordAt(at: number, match: (pattern: RegExp) => RegExpExecArray | null): Token | undefined {
  const name = match(NAME)
  if (name) return { kind: 'name', at, text: name[0] }
  const quoted = match(QUOTED_NAME)
  return quoted ? { kind: 'quoted-name', at, text: quoted[0], value: quoted[1]! } : undefined
}

function punctuationAt(source: string, at: number): Token | undefined {
  const text = PUNCTUATION.find(p => source.startsWith(p, at))
  return text ? { kind: 'punctuation', at, text } : undefined
}

function numberAt(source: string, at: number, match: RegExpExecArray | null): Token | undefined {
  if (!match) return undefined
  const [text, hex, hexUnsigned, real, digits, unsigned] = match
  if (real) return { kind: 'literal', at, text, value: Number(real) }
  const size = hex ? BigInt(`0x${hex}`) : BigInt(digits!)
  if (hexUnsigned || unsigned) {
    if (size > 0xffff_ffff_ffff_ffffn) throw new CompileError(source, [{ at, message: 'invalid uint literal' }])
    return { kind: 'literal', at, text, value: new Uint(size) }
  }
  // A minus sign before it may bring it back into range.
  if (size > 0x8000_0000_0000_0000n) throw new CompileError(source, [{ at, message: 'invalid int literal' }])
  return { kind: 'literal', at, text, value: size }
}

function stringAt(source: string, at: number, match: RegExpExecArray | null): Token | undefined {
  if (!match) return undefined
  const [prefixed, prefix = '', quote = ''] = match
  const raw = /r/i.test(prefix)
  const start = at + prefixed.length
  let end = start
  for (; !source.startsWith(quote, end); end++) {
    if (end >= source.length || (quote.length === 1 && /[\n\r]/.test(source[end]!))) {
      const message = `Syntax error: token recognition error at: '${source.slice(at, end)}'`
      throw new CompileError(source, [{ at, message }])
    }
    if (!raw && source[end] === '\\') end++
  }
  const body = source.slice(start, end)
  const text = source.slice(at, end + quote.length)
  const bytes = /b/i.test(prefix)
  try {
    const value = bytes ? bytesOf(body, raw) : raw ? body : unescaped(body)
    return { kind: 'literal', at, text, value }
  } catch (error) {
    throw new CompileError(source, [{ at, message: (error as Error).message }])
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '`': '`',
  '?': '?',
}
const ESCAPE = /\\(?:([xX])([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|([\s\S]))/g

function unescaped(text: string): string {
  return text.replace(ESCAPE, (_, _x, hex, short, long, octal, single) => {
    const code = hex ?? short ?? long
    if (code) return fromCode(Number.parseInt(code, 16))
    if (octal) return fromCode(Number.parseInt(octal, 8))
    return single in ESCAPES ? ESCAPES[single]! : fail()
  })
}

function fromCode(code: number): string {
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return fail()
  return String.fromCodePoint(code)
}

function fail(): never {
  throw new Error('unable to unescape string')
}

/** In bytes the escapes by number are bytes, not characters. */
function bytesOf(text: string, raw: boolean): Uint8Array {
  if (raw) return Buffer.from(text)
  const parts: Uint8Array[] = []
  let last = 0
  for (const match of text.matchAll(/\\(?:[xX]([0-9a-fA-F]{2})|([0-3][0-7]{2}))/g)) {
    parts.push(Buffer.from(unescaped(text.slice(last, match.index))))
    parts.push(Buffer.from([match[1] ? Number.parseInt(match[1], 16) : Number.parseInt(match[2]!, 8)]))
    last = match.index + match[0].length
  }
  parts.push(Buffer.from(unescaped(text.slice(last))))
  return Buffer.concat(parts)
}
