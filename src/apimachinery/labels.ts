import type { LabelSelector } from './meta/label-selector.ts'
import { own } from './own.ts'
import { At } from './validation/at.ts'
import { isLabelValue, isQualifiedName } from './validation/names.ts'

/** Label selectors: "app=web,tier in (front, back),!canary" (apimachinery labels). */

export type Labels = Readonly<Record<string, string>>
export type LabelOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt'

export interface LabelRequirement {
  readonly key: string
  readonly operator: LabelOperator
  /** One for comparisons, several for in and notin, none for exists and !. */
  readonly values: readonly string[]
}

const SYMBOL: Readonly<Record<LabelOperator, string>> = {
  '=': '=',
  '==': '==',
  '!=': '!=',
  in: ' in ',
  notin: ' notin ',
  gt: '>',
  lt: '<',
  exists: '',
  '!': '',
}

const isInteger = (text: string) => /^[-+]?\d+$/.test(text)

function holds({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined
  switch (operator) {
    case '=':
    case '==':
    case 'in':
      return value !== undefined && values.includes(value)
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value)
    case 'exists':
      return value !== undefined
    case '!':
      return value === undefined
    default: {
      const bound = values[0]
      if (value === undefined || bound === undefined || !isInteger(value) || !isInteger(bound)) return false
      return operator === 'gt' ? BigInt(value) > BigInt(bound) : BigInt(value) < BigInt(bound)
    }
  }
}

const write = ({ key, operator, values }: LabelRequirement): string => {
  if (operator === '!') return `!${key}`
  const joined = [...values].sort().join(',')
  return key + SYMBOL[operator] + (operator === 'in' || operator === 'notin' ? `(${joined})` : joined)
}

const NO_LABELS: Labels = {}
const byKey = (a: LabelRequirement, b: LabelRequirement) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)

/** A compiled label selector: all of its requirements must hold. Immutable. */
export class Selector {
  /** Sorted by key. */
  readonly requirements: readonly LabelRequirement[]
  /** Takes no object at all, whatever the requirements say. */
  readonly matchesNothing: boolean
  /** Key, value, key, value ... when every requirement is an equality; the common case, checked without dispatch. */
  readonly #pairs: readonly string[] | undefined

  constructor(requirements: readonly LabelRequirement[], matchesNothing = false) {
    this.requirements = [...requirements].sort(byKey)
    this.matchesNothing = matchesNothing
    const equalities = this.requirements.every(({ operator }) => operator === '=' || operator === '==')
    this.#pairs = equalities ? this.requirements.flatMap(({ key, values }) => [key, values[0]!]) : undefined
  }

  /** Takes every object. */
  get empty(): boolean {
    return this.requirements.length === 0 && !this.matchesNothing
  }

  matches(labels: Labels = NO_LABELS): boolean {
    if (this.matchesNothing) return false
    const pairs = this.#pairs
    if (!pairs) return this.requirements.every(requirement => holds(requirement, labels))
    for (let i = 0; i < pairs.length; i += 2) if (labels[pairs[i]!] !== pairs[i + 1]) return false
    return true
  }

  /** The only value that a label may have for anything to match; lets caches answer from an index. */
  exact(key: string): string | undefined {
    const first = this.requirements.find(requirement => requirement.key === key)
    const exact = first && (first.operator === '=' || first.operator === '==' || first.operator === 'in')
    return exact && first.values.length === 1 ? first.values[0] : undefined
  }

  and(...requirements: LabelRequirement[]): Selector {
    return new Selector([...this.requirements, ...requirements], this.matchesNothing)
  }

  /** The selector as a string that `parseSelector` reads. */
  toString(): string {
    return this.requirements.map(write).join(',')
  }
}

export const everything = new Selector([])
export const nothing = new Selector([], true)

/** One error, or several in brackets, as upstream joins field errors. */
function fail(at: At, path = at.path): never {
  const texts = at.errors.map(error => `${error.field || path}: ${error.message}`)
  throw new Error(texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`)
}

/** Builds a requirement. Throws with upstream's texts when key, operator and values do not fit. */
export function labelRequirement(key: string, operator: LabelOperator, values: readonly string[]): LabelRequirement {
  const at = new At()
  const place = at.child('values')
  const keyMessages = isQualifiedName(key)
  if (keyMessages.length > 0) at.child('key').invalid(key, keyMessages.join('; '))
  if (operator === 'in' || operator === 'notin') {
    if (values.length === 0) place.invalid(values, "for 'in', 'notin' operators, values set can't be empty")
  } else if (operator === 'exists' || operator === '!') {
    if (values.length > 0) place.invalid(values, 'values set must be empty for exists and does not exist')
  } else if (operator === 'gt' || operator === 'lt') {
    if (values.length !== 1) place.invalid(values, "for 'Gt', 'Lt' operators, exactly one value is required")
    values.forEach((value, i) => {
      if (!isInteger(value)) place.index(i).invalid(value, "for 'Gt', 'Lt' operators, the value must be an integer")
    })
  } else if (values.length !== 1) {
    place.invalid(values, 'exact-match compatibility requires one single value')
  }
  values.forEach((value, i) => {
    const messages = isLabelValue(value)
    if (messages.length > 0) place.index(i).key(key).invalid(value, messages.join('; '))
  })
  return at.errors.length > 0 ? fail(at) : { key, operator, values }
}

/** A selector that wants exactly these labels. Does not check them. */
export const selectorFromLabels = (labels: Labels = NO_LABELS): Selector =>
  new Selector(Object.entries(labels).map(([key, value]) => ({ key, operator: '=', values: [value] })))

const OPERATOR: Readonly<Record<string, LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
}

/** Compiles a LabelSelector object. None given selects nothing, an empty one everything. Throws on a bad one. */
export function selectorOf(selector: LabelSelector | null | undefined): Selector {
  if (!selector) return nothing
  const requirements = Object.entries(selector.matchLabels ?? {}).map(([key, value]) =>
    labelRequirement(key, '=', [value]),
  )
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const op = own(OPERATOR, operator)
    if (!op) throw new Error(`${JSON.stringify(operator)} is not a valid label selector operator`)
    requirements.push(labelRequirement(key, op, values ?? []))
  }
  return requirements.length === 0 ? everything : new Selector(requirements)
}

/** Labels as "a=1,b=2", sorted; `<none>` when there are none. */
export function formatLabels(labels: Labels | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`)
  return pairs.length === 0 ? '<none>' : pairs.sort().join(',')
}

/** A LabelSelector object as a selector string; `<none>` when it takes everything or is missing. */
export function formatLabelSelector(selector: LabelSelector | undefined): string {
  try {
    return selectorOf(selector).toString() || '<none>'
  } catch {
    return '<error>'
  }
}

type Token = { readonly kind: 'symbol' | 'word' | 'end'; readonly text: string }
const END: Token = { kind: 'end', text: '' }
const COMPARISONS: Readonly<Record<string, LabelOperator>> = {
  '=': '=',
  '==': '==',
  '!=': '!=',
  in: 'in',
  notin: 'notin',
  '>': 'gt',
  '<': 'lt',
}
const EXPECTED_OPERATORS = 'in, notin, =, ==, !=, gt, lt'

function tokens(selector: string): Token[] {
  const out: Token[] = []
  for (const [text] of selector.matchAll(/==|!=|[=!(),><]|[^\s=!(),><]+/g)) {
    out.push({ kind: /^[=!(),><]/.test(text) ? 'symbol' : 'word', text })
  }
  return [...out, END]
}

class Parser {
  readonly #tokens: readonly Token[]
  #position = 0

  constructor(selector: string) {
    this.#tokens = tokens(selector)
  }

  parse(): LabelRequirement[] {
    const out: LabelRequirement[] = []
    for (;;) {
      const token = this.#peek()
      if (token.kind === 'end') return out
      if (token.kind !== 'word' && token.text !== '!') {
        throw new Error(`found '${token.text}', expected: !, identifier, or 'end of string'`)
      }
      out.push(this.#requirement())
      const after = this.#next()
      if (after.kind === 'end') return out
      if (after.text !== ',') throw new Error(`found '${after.text}', expected: ',' or 'end of string'`)
      const following = this.#peek()
      if (following.kind !== 'word' && following.text !== '!') {
        throw new Error(`found '${following.text}', expected: identifier after ','`)
      }
    }
  }

  #peek(): Token {
    return this.#tokens[this.#position] ?? END
  }
  #next(): Token {
    return this.#tokens[this.#position++] ?? END
  }

  #requirement(): LabelRequirement {
    try {
      const first = this.#next()
      const absent = first.text === '!'
      const key = absent ? this.#next() : first
      if (key.kind !== 'word') throw new Error(`found '${key.text}', expected: identifier`)
      const messages = isQualifiedName(key.text)
      if (messages.length > 0) {
        const at = new At()
        at.invalid(key.text, messages.join('; '))
        fail(at, '<nil>')
      }
      if (absent) return labelRequirement(key.text, '!', [])
      const after = this.#peek()
      if (after.kind === 'end' || after.text === ',') return labelRequirement(key.text, 'exists', [])
      const operator = own(COMPARISONS, this.#next().text)
      if (!operator) throw new Error(`found '${after.text}', expected: ${EXPECTED_OPERATORS}`)
      const values = operator === 'in' || operator === 'notin' ? this.#values() : [this.#value()]
      return labelRequirement(key.text, operator, [...new Set(values)].sort())
    } catch (error) {
      throw new Error(`unable to parse requirement: ${(error as Error).message}`)
    }
  }

  /** What follows a comparison; nothing there means the empty value. */
  #value(): string {
    const token = this.#peek()
    if (token.kind === 'end' || token.text === ',') return ''
    this.#next()
    if (token.kind !== 'word') throw new Error(`found '${token.text}', expected: identifier`)
    return token.text
  }

  /** A list in parentheses; empty places stand for the empty value. */
  #values(): string[] {
    const open = this.#next()
    if (open.text !== '(') throw new Error(`found '${open.text}' expected: '('`)
    const out: string[] = []
    let token = this.#next()
    if (token.kind !== 'word' && token.text !== ',' && token.text !== ')') {
      throw new Error(`found '${token.text}', expected: ',', ')' or identifier`)
    }
    for (let wantsValue = true; ; token = this.#next()) {
      if (token.kind === 'word' && wantsValue) out.push(token.text)
      else if ((token.text === ',' || token.text === ')') && token.kind === 'symbol') {
        if (wantsValue) out.push('')
      } else {
        throw new Error(`found '${token.text}', expected: ${wantsValue ? "',', or identifier" : "',' or ')'"}`)
      }
      if (token.text === ')') return out
      wantsValue = token.text === ','
    }
  }
}

/** Reads a selector string. Throws with upstream's text. */
export function parseSelector(selector: string): Selector {
  const requirements = new Parser(selector).parse()
  return requirements.length === 0 ? everything : new Selector(requirements)
}
