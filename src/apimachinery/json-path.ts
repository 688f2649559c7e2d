/**
 * The part of kubectl's JSONPath that names places in an object: `.spec.replicas`, `['with.dots']`, `[0]`, `[*]`, `[1:3]`,
 * `..name` and filters such as `[?(@.type=="Ready")]` (client-go util/jsonpath).
 */
export interface JsonPath {
  /** What is found there; nothing where a step leads nowhere. */
  find(value: unknown): unknown[]
}

type Step = (value: unknown) => Iterable<unknown>
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** Compiles a path. Throws Error for one that cannot be read. */
export function compileJsonPath(text: string): JsonPath {
  const steps = new Parser(text).steps()
  return {
    find(value) {
      let found: unknown[] = [value]
      for (const step of steps) found = found.flatMap(one => [...step(one)])
      return found
    },
  }
}

class Parser {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  steps(): Step[] {
    const steps: Step[] = []
    if (this.#text[this.#at] === '$') this.#at++
    while (this.#at < this.#text.length) {
      const c = this.#text[this.#at]
      if (this.#text.startsWith('..', this.#at)) {
        this.#at += 2
        steps.push(everythingBelow)
        if (this.#text[this.#at] !== '[') steps.push(this.#name())
      } else if (c === '.') {
        this.#at++
        if (this.#at < this.#text.length && this.#text[this.#at] !== '[') steps.push(this.#name())
      } else if (c === '[') steps.push(this.#bracket())
      else throw this.#misfit()
    }
    return steps
  }

  #name(): Step {
    let name = ''
    for (; this.#at < this.#text.length; this.#at++) {
      const c = this.#text[this.#at]!
      if (c === '\\') name += this.#text[++this.#at] ?? ''
      else if ('.[] '.includes(c)) break
      else name += c
    }
    if (name === '') throw this.#misfit()
    return name === '*' ? children : field(name)
  }

  #bracket(): Step {
    const body = this.#enclosed()
    const names = /^'((?:[^'\\]|\\.)*)'$|^"((?:[^"\\]|\\.)*)"$/.exec(body)
    if (names) return field((names[1] ?? names[2] ?? '').replace(/\\(.)/g, '$1'))
    if (body === '*') return children
    if (body.startsWith('?(') && body.endsWith(')')) return filter(body.slice(2, -1))
    const range = /^(-?\d*)(?::(-?\d*)(?::(\d*))?)?$/.exec(body)
    if (!range || body === '') throw this.#misfit()
    return body.includes(':') ? slice(range[1]!, range[2] ?? '', range[3] ?? '') : slice(range[1]!, 'one', '')
  }

  /** What is between a bracket and the one that closes it. */
  #enclosed(): string {
    const start = ++this.#at
    let depth = 1
    let quote = ''
    for (; this.#at < this.#text.length; this.#at++) {
      const c = this.#text[this.#at]!
      if (c === '\\') this.#at++
      else if (quote) quote = c === quote ? '' : quote
      else if (c === '"' || c === "'") quote = c
      else if (c === '[') depth++
      else if (c === ']' && --depth === 0) return this.#text.slice(start, this.#at++).trim()
    }
    throw new Error('unterminated array')
  }

  #misfit(): Error {
    return new Error(`unrecognized character in action: ${this.#text[this.#at] ?? 'end of path'}`)
  }
}

const field =
  (name: string): Step =>
  value =>
    isObject(value) && !Array.isArray(value) && Object.hasOwn(value, name) ? [value[name]] : []

const children: Step = value => (isObject(value) ? Object.values(value) : [])

function* everythingBelow(value: unknown): Iterable<unknown> {
  yield value
  for (const child of children(value)) yield* everythingBelow(child)
}

function slice(from: string, to: string, step: string): Step {
  return value => {
    if (!Array.isArray(value)) return []
    const start = Number(from || 0)
    if (to === 'one') {
      const at = start < 0 ? value.length + start : start
      return at >= 0 && at < value.length ? [value[at]] : []
    }
    const chosen = value.slice(start, to === '' ? undefined : Number(to))
    const by = Number(step || 1)
    return by > 1 ? chosen.filter((_, i) => i % by === 0) : chosen
  }
}

const COMPARISONS: Record<string, (a: unknown, b: unknown) => boolean> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => (a as number) < (b as number),
  '>': (a, b) => (a as number) > (b as number),
  '<=': (a, b) => (a as number) <= (b as number),
  '>=': (a, b) => (a as number) >= (b as number),
}

function filter(text: string): Step {
  const [, left = '', operator, right = ''] = /^(.+?)\s*(==|!=|<=|>=|<|>)\s*(.+)$/.exec(text) ?? ['', text]
  const [a, b] = [operand(left), operator ? operand(right) : undefined]
  return value => {
    if (!Array.isArray(value)) return []
    return value.filter(item => {
      const [x] = a(item)
      if (x === undefined) return false
      return b ? COMPARISONS[operator!]!(x, b(item)[0]) : true
    })
  }
}

function operand(text: string): (item: unknown) => unknown[] {
  const trimmed = text.trim()
  if (trimmed.startsWith('@')) {
    const path = compileJsonPath(trimmed.slice(1))
    return item => path.find(item)
  }
  const quoted = /^'(.*)'$|^"(.*)"$/.exec(trimmed)
  if (quoted) return () => [quoted[1] ?? quoted[2]]
  try {
    const literal: unknown = JSON.parse(trimmed)
    return () => [literal]
  } catch {
    throw new Error(`unrecognized operand ${trimmed}`)
  }
}
