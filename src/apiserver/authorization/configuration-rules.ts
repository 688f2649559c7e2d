import { statSync } from 'node:fs'
import path from 'node:path'
import { CompileError, showType } from '../../apimachinery/cel/index.ts'
import { formatDurationNanos, parseDurationNanos } from '../../apimachinery/duration.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import { isDNS1123Subdomain } from '../../apimachinery/validation/names.ts'
import type { AuthorizationConfiguration, WebhookConfiguration } from './configuration.ts'
import { compileMatchCondition } from './match-conditions.ts'

const TYPES = ['AlwaysAllow', 'AlwaysDeny', 'Node', 'RBAC', 'Webhook']
const REPEATABLE = ['Webhook']
const MAX_TIMEOUT_NANOS = 30_000_000_000n
const MAX_CONDITIONS = 64

/** The rules of an AuthorizationConfiguration (upstream apis/apiserver/validation). */
export function validateAuthorizationConfiguration({ authorizers }: AuthorizationConfiguration, at: At): void {
  const root = at.child('authorizers')
  if (authorizers.length === 0) root.required('at least one authorization mode must be defined')
  const [seen, names] = [new Set<string>(), new Set<string>()]
  for (const [i, { type, name, webhook }] of authorizers.entries()) {
    const place = root.index(i)
    if (!isKnownType(type, seen, place.child('type'))) continue
    seen.add(type)
    validateName(name, names, place.child('name'))
    names.add(name)
    if (type === 'Webhook') {
      if (webhook) validateWebhook(webhook, place)
      else place.child('webhook').required('required when type=Webhook')
    } else if (webhook) place.child('webhook').invalid('non-null', 'may only be specified when type=Webhook')
  }
}

function isKnownType(type: string, seen: ReadonlySet<string>, at: At): boolean {
  if (type === '') at.required()
  else if (!TYPES.includes(type)) at.notSupported(type, TYPES)
  else if (seen.has(type) && !REPEATABLE.includes(type)) at.duplicate(type)
  else return true
  return false
}

function validateName(name: string, seen: ReadonlySet<string>, at: At): void {
  const problems = isDNS1123Subdomain(name)
  if (name === '') at.required()
  else if (seen.has(name)) at.duplicate(name)
  else if (problems.length > 0) at.invalid(name, `authorizer name is invalid: ${problems.join(', ')}`)
}

/** Upstream names the fields of a webhook as if they stood in the authorizer itself. */
function validateWebhook(webhook: WebhookConfiguration, at: At): void {
  const timeout = parseDurationNanos(webhook.timeout)
  if (timeout === 0n) at.child('timeout').required()
  else if (timeout > MAX_TIMEOUT_NANOS || timeout < 0n) {
    at.child('timeout').invalid(formatDurationNanos(timeout), 'must be > 0s and <= 30s')
  }
  for (const field of ['authorizedTTL', 'unauthorizedTTL'] as const) {
    const ttl = parseDurationNanos(webhook[field])
    if (ttl === 0n) at.child(field).required()
    else if (ttl < 0n) at.child(field).invalid(formatDurationNanos(ttl), 'must be > 0s')
  }
  const { subjectAccessReviewVersion: sent, matchConditionSubjectAccessReviewVersion: seen } = webhook
  oneOf(sent, ['v1', 'v1beta1'], at.child('subjectAccessReviewVersion'))
  if (seen) oneOf(seen, ['v1'], at.child('matchConditionSubjectAccessReviewVersion'))
  else if (webhook.matchConditions.length > 0) {
    at.child('matchConditionSubjectAccessReviewVersion').required('required if match conditions are specified')
  }
  oneOf(webhook.failurePolicy, ['NoOpinion', 'Deny'], at.child('failurePolicy'))
  validateConnection(webhook.connectionInfo, at.child('connectionInfo'))
  validateConditions(webhook.matchConditions, at.child('matchConditions'))
}

function oneOf(value: string, supported: readonly string[], at: At): void {
  if (value === '') at.required()
  else if (!supported.includes(value)) at.notSupported(value, supported)
}

function validateConnection({ type, kubeConfigFile: file }: WebhookConfiguration['connectionInfo'], at: At): void {
  const place = at.child('kubeConfigFile')
  if (type === 'InClusterConfig') {
    if (file !== undefined) place.invalid(file, 'can only be set when type=KubeConfigFile')
  } else if (type !== 'KubeConfigFile') oneOf(type, ['InClusterConfig', 'KubeConfigFile'], at.child('type'))
  else if (!file) place.required()
  else if (!path.isAbsolute(file)) place.invalid(file, 'must be an absolute path')
  else {
    const stat = statSync(file, { throwIfNoEntry: false })
    if (!stat) place.invalid(file, `error loading file: stat ${file}: no such file or directory`)
    else if (!stat.isFile()) place.invalid(file, 'must be a regular file')
  }
}

function validateConditions(conditions: WebhookConfiguration['matchConditions'], at: At): void {
  if (conditions.length > MAX_CONDITIONS) {
    at.tooMany(conditions.length, MAX_CONDITIONS)
    return
  }
  const seen = new Set<string>()
  conditions.forEach(({ expression }, i) => {
    const place = at.index(i).child('expression')
    if (expression.trim() === '') place.required()
    else if (seen.has(expression)) place.duplicate(expression)
    else checkCondition(expression, place)
    seen.add(expression)
  })
}

function checkCondition(expression: string, at: At): void {
  try {
    const type = showType(compileMatchCondition(expression).type)
    if (type !== 'bool') at.invalid(expression, `must evaluate to bool but got ${type}`)
  } catch (error) {
    if (!(error instanceof CompileError)) throw error
    at.invalid(expression, `compilation failed: ${error.message}`)
  }
}
