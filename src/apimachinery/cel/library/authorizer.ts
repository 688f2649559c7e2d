import { declare } from '../functions.ts'
import { OpaqueValue } from '../values.ts'

/** A question of who may do what, as expressions put it together. */
export interface AccessQuestion {
  /** The user asked about; the one who makes the request when left out. */
  readonly serviceAccount?: { readonly namespace: string; readonly name: string }
  readonly path?: string
  readonly group?: string
  readonly resource?: string
  readonly subresource?: string
  readonly namespace?: string
  readonly name?: string
  readonly fieldSelector?: string
  readonly labelSelector?: string
  readonly verb?: string
}

export interface AccessAnswer {
  readonly allowed: boolean
  readonly reason: string
  /** Why there is no answer. */
  readonly error?: string
}

/** Answers questions; may throw to have the evaluation done again once it knows. */
export type AskAccess = (question: AccessQuestion) => AccessAnswer

class Asking extends OpaqueValue {
  readonly type: string
  readonly question: AccessQuestion
  readonly ask: AskAccess
  constructor(type: string, question: AccessQuestion, ask: AskAccess) {
    super()
    this.type = type
    this.question = question
    this.ask = ask
  }
  equals(other: OpaqueValue): boolean {
    return other instanceof Asking && JSON.stringify(other.question) === JSON.stringify(this.question)
  }
  with(more: AccessQuestion, type = this.type): Asking {
    return new Asking(type, { ...this.question, ...more }, this.ask)
  }
}

class Decision extends OpaqueValue {
  readonly type = 'kubernetes.authorization.Decision'
  readonly answer: AccessAnswer
  constructor(answer: AccessAnswer) {
    super()
    this.answer = answer
  }
  equals(other: OpaqueValue): boolean {
    return other instanceof Decision && JSON.stringify(other.answer) === JSON.stringify(this.answer)
  }
}

const TYPE = 'kubernetes.authorization.'
const [ROOT, PATH, GROUP, RESOURCE, DECISION] = [
  'Authorizer',
  'PathCheck',
  'GroupCheck',
  'ResourceCheck',
  'Decision',
].map(name => TYPE + name) as [string, string, string, string, string]

/** The name of the type of the variable `authorizer`, and of `authorizer.requestResource`. */
export const AUTHORIZER_TYPE = ROOT
export const RESOURCE_CHECK_TYPE = RESOURCE

/** The value of the variable `authorizer`. */
export const authorizerValue = (ask: AskAccess): OpaqueValue => new Asking(ROOT, {}, ask)

/** The value of `authorizer.requestResource`: a question about the request's own object. */
export const requestResourceValue = (question: AccessQuestion, ask: AskAccess): OpaqueValue =>
  new Asking(RESOURCE, question, ask)

const check = (asking: Asking, verb: string) => new Decision(asking.ask({ ...asking.question, verb }))

/** Who may do what, asked by expressions (apiserver cel/library/authz.go). */
export const AUTHORIZER = [
  declare('path', (a: Asking, path: string) => a.with({ path }, PATH), `authorizer_path: ${ROOT}.(string) ${PATH}`),
  declare(
    'group',
    (a: Asking, group: string) => a.with({ group }, GROUP),
    `authorizer_group: ${ROOT}.(string) ${GROUP}`,
  ),
  declare(
    'serviceAccount',
    (a: Asking, namespace: string, name: string) => a.with({ serviceAccount: { namespace, name } }),
    `authorizer_serviceaccount: ${ROOT}.(string, string) ${ROOT}`,
  ),
  declare(
    'resource',
    (a: Asking, resource: string) => a.with({ resource }, RESOURCE),
    `groupcheck_resource: ${GROUP}.(string) ${RESOURCE}`,
  ),
  ...(['subresource', 'namespace', 'name', 'fieldSelector', 'labelSelector'] as const).map(field =>
    declare(
      field,
      (a: Asking, value: string) => a.with({ [field]: value }),
      `resourcecheck_${field.toLowerCase()}: ${RESOURCE}.(string) ${RESOURCE}`,
    ),
  ),
  declare(
    'check',
    check,
    `pathcheck_check: ${PATH}.(string) ${DECISION}`,
    `resourcecheck_check: ${RESOURCE}.(string) ${DECISION}`,
  ),
  declare('allowed', (d: Decision) => d.answer.allowed, `decision_allowed: ${DECISION}.() bool`),
  declare('reason', (d: Decision) => d.answer.reason, `decision_reason: ${DECISION}.() string`),
  declare('errored', (d: Decision) => d.answer.error !== undefined, `decision_errored: ${DECISION}.() bool`),
  declare('error', (d: Decision) => d.answer.error ?? '', `decision_error: ${DECISION}.() string`),
]
