import {
  CompileError,
  compile,
  DYN,
  kubernetesFunctions,
  mapOf,
  type Program,
  type Shape,
  STRING,
  toValue,
  type Value,
} from '../../apimachinery/cel/index.ts'
import { parse } from '../../apimachinery/cel/parser.ts'
import { ArrayList, MapValue } from '../../apimachinery/cel/values.ts'
import type { UserInfo } from '../request.ts'

/** The expressions of an AuthenticationConfiguration (upstream authentication/cel). */

const TEXT: Shape = { kind: 'string' }
const TEXTS: Shape = { kind: 'list', item: TEXT }
const USER: Shape = {
  kind: 'object',
  name: 'kubernetes.UserInfo',
  fields: new Map([
    ['username', { json: 'username', shape: TEXT }],
    ['uid', { json: 'uid', shape: TEXT }],
    ['groups', { json: 'groups', shape: TEXTS }],
    ['extra', { json: 'extra', shape: { kind: 'map', item: TEXTS } }],
  ]),
}

const CLAIMS = { variables: { claims: { type: mapOf(STRING, DYN) } }, functions: kubernetesFunctions }
const USERS = { variables: { user: { shape: USER } }, functions: kubernetesFunctions }

/** An expression over `claims`. Throws CompileError. */
export const compileClaims = (expression: string): Program => compile(expression, CLAIMS)
/** An expression over `user`. Throws CompileError. */
export const compileUser = (expression: string): Program => compile(expression, USERS)

/** Claims as expressions see them: all numbers are doubles, as Go reads them. */
export function claimsValue(json: unknown): Value {
  if (Array.isArray(json)) return new ArrayList(json.map(claimsValue))
  if (typeof json === 'object' && json !== null) return new Claims(json as Record<string, unknown>)
  return (json ?? null) as Value
}

const ESCAPES: Readonly<Record<string, string>> = {
  underscores: '__',
  dot: '.',
  dash: '-',
  slash: '/',
}

/** A claim's name from the one that expressions can spell: `a__dot__b` stands for `a.b`. */
const unescaped = (name: string) =>
  name.replace(/__(underscores|dot|dash|slash)__/g, (_, word: string) => ESCAPES[word]!)

class Claims extends MapValue {
  readonly #json: Record<string, unknown>
  constructor(json: Record<string, unknown>) {
    super()
    this.#json = json
  }
  get size(): number {
    return Object.keys(this.#json).length
  }
  get(key: Value): Value | undefined {
    if (typeof key !== 'string') return undefined
    const name = unescaped(key)
    return Object.hasOwn(this.#json, name) ? claimsValue(this.#json[name]) : undefined
  }
  keys(): Iterable<Value> {
    return Object.keys(this.#json)
  }
}

/** A user as expressions see it. */
export function userValue({ name, uid = '', groups, extra = {} }: UserInfo): Value {
  return toValue({ username: name, uid, groups, extra }, USER)
}

/** Whether an expression selects a field of `claims`. */
export function selectsClaim(expression: string, claim: string): boolean {
  try {
    return selects(parse(expression), claim)
  } catch (error) {
    if (error instanceof CompileError) return false
    throw error
  }
}

function selects(part: unknown, claim: string): boolean {
  if (typeof part !== 'object' || part === null) return false
  const { kind, field, operand } = part as { kind?: string; field?: string; operand?: { kind: string; name?: string } }
  if (kind === 'select' && field === claim && operand?.kind === 'ident' && operand.name === 'claims') return true
  return Object.values(part).some(child => selects(child, claim))
}
