import type { Expr } from './ast.ts'
import { type Token, tokenize } from './lexer.ts'
import { expandMacro, MacroError } from './macros.ts'
import { CompileError } from './source.ts'

const MAX_CHARACTERS = 100_000
const MAX_DEPTH = 250

const RESERVED = new Set(
  'as break const continue else for function if import let loop package namespace return var void while'.split(' '),
)
const PRIMARY = `{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}`

/** Operators by how tightly they bind, loosest first. */
const BINARY: readonly ReadonlySet<string>[] = [
  new Set(['||']),
  new Set(['&&']),
  new Set(['==', '!=', '<', '<=', '>', '>=', 'in']),
  new Set(['+', '-']),
  new Set(['*', '/', '%']),
]

/** Parses an expression and writes out its macros, with `bindings` also `cel.bind`. Throws CompileError. */
export function parse(source: string, bindings = false): Expr {
  const length = source.length > MAX_CHARACTERS ? [...source].length : 0
  if (length > MAX_CHARACTERS) {
    const message = `expression code point size exceeds limit: size: ${length}, limit ${MAX_CHARACTERS}`
    throw new CompileError(source, [{ at: 0, message }])
  }
  return new Parser(source, bindings).whole()
}

class Parser {
  readonly #source: string
  readonly #tokens: readonly Token[]
  readonly #bindings: boolean
  #next = 0
  #depth = 0

  constructor(source: string, bindings: boolean) {
    this.#source = source
    this.#bindings = bindings
    this.#tokens = tokenize(source)
  }

  whole(): Expr {
    const expr = this.#expression()
    const rest = this.#peek()
    if (rest.kind !== 'end') throw this.#wrong(rest, `mismatched input '${rest.text}' expecting <EOF>`)
    return expr
  }

  #peek(): Token {
    return this.#tokens[this.#next]!
  }
  #is(text: string): boolean {
    const { kind, text: actual } = this.#peek()
    return actual === text && (kind === 'punctuation' || (kind === 'name' && text === 'in'))
  }
  #take(): Token {
    return this.#tokens[this.#next++]!
  }
  #accept(text: string): Token | undefined {
    return this.#is(text) ? this.#take() : undefined
  }
  #expect(text: string): Token {
    const token = this.#peek()
    if (!this.#is(text)) throw this.#wrong(token, `mismatched input '${token.text}' expecting '${text}'`)
    return this.#take()
  }
  #wrong({ at }: { at: number }, what: string): CompileError {
    return new CompileError(this.#source, [{ at, message: `Syntax error: ${what}` }])
  }

  #expression(): Expr {
    if (++this.#depth > MAX_DEPTH) {
      throw new CompileError(this.#source, [{ at: 0, message: `expression recursion limit exceeded: ${MAX_DEPTH}` }])
    }
    let expr = this.#binary(0)
    const question = this.#accept('?')
    if (question) {
      const yes = this.#binary(0)
      this.#expect(':')
      expr = { kind: 'call', at: question.at, name: '_?_:_', args: [expr, yes, this.#expression()] }
    }
    this.#depth--
    return expr
  }

  #binary(level: number): Expr {
    const operators = BINARY[level]
    if (!operators) return this.#unary()
    const terms = [this.#binary(level + 1)]
    const found: Token[] = []
    while (operators.has(this.#peek().text) && this.#is(this.#peek().text)) {
      found.push(this.#take())
      terms.push(this.#binary(level + 1))
    }
    const logical = level < 2
    return logical ? balanced(terms, found, 0, found.length) : leftToRight(terms, found)
  }

  #unary(): Expr {
    const operator = this.#accept('!') ?? this.#accept('-')
    if (!operator) return this.#member()
    const number = this.#peek()
    if (operator.text === '-' && number.kind === 'literal' && /^[\d.]/.test(number.text) && isNegatable(number)) {
      const negated: Token = { ...number, value: -(number.value as number | bigint) as number | bigint }
      return this.#suffixes(this.#literal(this.#take() && negated))
    }
    if (++this.#depth > MAX_DEPTH) {
      throw new CompileError(this.#source, [{ at: 0, message: `expression recursion limit exceeded: ${MAX_DEPTH}` }])
    }
    const operand = this.#unary()
    this.#depth--
    return { kind: 'call', at: operator.at, name: operator.text === '!' ? '!_' : '-_', args: [operand] }
  }

  #member(): Expr {
    return this.#suffixes(this.#primary())
  }

  #suffixes(start: Expr): Expr {
    let expr = start
    for (;;) {
      const dot = this.#accept('.')
      if (dot) {
        const optional = this.#accept('?') !== undefined
        const field = this.#fieldName()
        const open = !optional && field.kind === 'name' ? this.#accept('(') : undefined
        if (open) expr = this.#call(open.at, field.text, this.#list(')'), expr)
        else {
          const name = field.kind === 'quoted-name' ? (field.value as string) : field.text
          expr = { kind: 'select', at: dot.at, operand: expr, field: name, ...(optional && { optional }) }
        }
        continue
      }
      const bracket = this.#accept('[')
      if (bracket) {
        const optional = this.#accept('?') !== undefined
        const index = this.#expression()
        this.#expect(']')
        expr = { kind: 'call', at: bracket.at, name: optional ? '_[?_]' : '_[_]', args: [expr, index] }
        continue
      }
      if (this.#is('{') && isTypeName(expr)) {
        expr = this.#struct(expr)
        continue
      }
      return expr
    }
  }

  #fieldName(): Token {
    const token = this.#peek()
    if (token.kind !== 'name' && token.kind !== 'quoted-name') {
      throw this.#wrong(token, `mismatched input '${token.text}' expecting IDENTIFIER`)
    }
    if (/^(true|false|null|in)$/.test(token.text)) {
      throw this.#wrong(token, `mismatched input '${token.text}' expecting IDENTIFIER`)
    }
    return this.#take()
  }

  #primary(): Expr {
    const token = this.#peek()
    if (token.kind === 'literal') return this.#literal(this.#take())
    if (this.#accept('(')) {
      const inner = this.#expression()
      this.#expect(')')
      return inner
    }
    if (this.#is('[')) return this.#listLiteral()
    if (this.#is('{')) return this.#mapLiteral()
    const dot = this.#accept('.')
    const name = this.#peek()
    if (name.kind !== 'name' || name.text === 'in') {
      throw this.#wrong(name, `mismatched input '${name.text}' expecting ${PRIMARY}`)
    }
    this.#take()
    if (!dot) {
      if (name.text === 'true' || name.text === 'false') return this.#literal({ ...name, value: name.text === 'true' })
      if (name.text === 'null') return this.#literal({ ...name, value: null })
    }
    if (RESERVED.has(name.text)) {
      throw new CompileError(this.#source, [{ at: name.at, message: `reserved identifier: ${name.text}` }])
    }
    const open = this.#accept('(')
    if (open) return this.#call(open.at, `${dot ? '.' : ''}${name.text}`, this.#list(')'))
    return { kind: 'ident', at: dot?.at ?? name.at, name: `${dot ? '.' : ''}${name.text}` }
  }

  #literal({ at, value }: Token): Expr {
    if (typeof value === 'bigint' && value > 0x7fff_ffff_ffff_ffffn) {
      throw new CompileError(this.#source, [{ at, message: 'invalid int literal' }])
    }
    return { kind: 'literal', at, value: value as never }
  }

  #call(at: number, name: string, args: Expr[], target?: Expr): Expr {
    try {
      return (
        expandMacro(at, name, args, target, this.#bindings) ?? {
          kind: 'call',
          at,
          name,
          args,
          ...(target && { target }),
        }
      )
    } catch (error) {
      if (!(error instanceof MacroError)) throw error
      throw new CompileError(this.#source, [{ at: error.at, message: error.message }])
    }
  }

  /** Expressions up to the closing character. */
  #list(close: string): Expr[] {
    const items: Expr[] = []
    while (!this.#is(close)) {
      items.push(this.#expression())
      if (!this.#accept(',')) break
    }
    this.#expect(close)
    return items
  }

  #listLiteral(): Expr {
    const { at } = this.#expect('[')
    const items: { value: Expr; optional: boolean }[] = []
    while (!this.#is(']')) {
      const optional = this.#accept('?') !== undefined
      items.push({ value: this.#expression(), optional })
      if (!this.#accept(',')) break
    }
    this.#expect(']')
    return { kind: 'list', at, items }
  }

  #mapLiteral(): Expr {
    const { at } = this.#expect('{')
    const entries: { key: Expr; value: Expr; optional: boolean }[] = []
    while (!this.#is('}')) {
      const optional = this.#accept('?') !== undefined
      const key = this.#expression()
      this.#expect(':')
      entries.push({ key, value: this.#expression(), optional })
      if (!this.#accept(',')) break
    }
    this.#expect('}')
    return { kind: 'map', at, entries }
  }

  #struct(type: Expr): Expr {
    const { at } = this.#expect('{')
    const entries: { at: number; field: string; value: Expr; optional: boolean }[] = []
    while (!this.#is('}')) {
      const optional = this.#accept('?') !== undefined
      const field = this.#fieldName()
      const colon = this.#expect(':')
      const name = field.kind === 'quoted-name' ? (field.value as string) : field.text
      entries.push({ at: colon.at, field: name, value: this.#expression(), optional })
      if (!this.#accept(',')) break
    }
    this.#expect('}')
    return { kind: 'struct', at, name: nameOf(type), entries }
  }
}

const isNegatable = ({ value }: Token) => typeof value === 'bigint' || typeof value === 'number'

const isTypeName = (expr: Expr): boolean =>
  expr.kind === 'ident' || (expr.kind === 'select' && !expr.test && !expr.optional && isTypeName(expr.operand))

const nameOf = (expr: Expr): string =>
  expr.kind === 'select' ? `${nameOf(expr.operand)}.${expr.field}` : (expr as { name: string }).name

function leftToRight(terms: readonly Expr[], operators: readonly Token[]): Expr {
  return operators.reduce<Expr>(
    (left, { at, text }, i) => ({
      kind: 'call',
      at,
      name: text === 'in' ? '@in' : `_${text}_`,
      args: [left, terms[i + 1]!],
    }),
    terms[0]!,
  )
}

/** Long chains of && and || as a balanced tree, so that they nest little. */
function balanced(terms: readonly Expr[], operators: readonly Token[], from: number, to: number): Expr {
  if (from === to) return terms[from]!
  const middle = (from + to) >> 1
  const { at, text } = operators[middle]!
  const args = [balanced(terms, operators, from, middle), balanced(terms, operators, middle + 1, to)]
  return { kind: 'call', at, name: `_${text}_`, args }
}
