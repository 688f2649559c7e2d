import type { Environment } from '../../apimachinery/cel/index.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import { isDNS1123Subdomain, isPortNumber, isQualifiedName } from '../../apimachinery/validation/names.ts'
import { checkCondition } from './expressions.ts'
import type { MatchCondition, RuleWithOperations, WebhookClientConfig } from './webhooks.ts'

/** The rules of webhooks, after upstream's pkg/apis/admissionregistration/validation. */

const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE']
const MAX_CONDITIONS = 64

function validateURL(url: string, at: At): void {
  const form = 'desired format: https://host[:port]/path'
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch {
    at.required(`url must be a valid URL: parse ${JSON.stringify(url)}; ${form}`)
    return
  }
  if (parsed.protocol !== 'https:') {
    at.invalid(url, `'https' is the only allowed URL scheme; ${form}`)
  }
  if (parsed.host === '') at.invalid(url, `host must be specified; ${form}`)
  if (parsed.username || parsed.password) {
    at.invalid(url, `user information is not permitted in the URL; ${form}`)
  }
  if (parsed.hash) at.invalid(parsed.hash.slice(1), `fragments are not permitted in the URL; ${form}`)
  if (parsed.search) at.invalid(parsed.search.slice(1), `query parameters are not permitted in the URL; ${form}`)
}

function validatePath(path: string, at: At): void {
  if (path === '/') return
  if (!path.startsWith('/')) at.invalid(path, "must start with a '/'")
  const steps = path.slice(1).replace(/\/$/, '').split('/')
  steps.forEach((step, i) => {
    if (step === '') at.invalid(path, `segment[${i}] may not be empty`)
    else for (const message of isDNS1123Subdomain(step)) at.invalid(path, `segment[${i}]: ${message}`)
  })
}

export function validateClientConfig({ url, service }: WebhookClientConfig, at: At): void {
  if ((url === undefined) === (service === undefined)) {
    at.required('exactly one of url or service is required')
    return
  }
  if (url !== undefined) validateURL(url, at.child('url'))
  if (!service) return
  if (service.path !== undefined) validatePath(service.path, at.child('service', 'path'))
  for (const message of isPortNumber(service.port)) {
    at.child('service', 'port').invalid(service.port, `port is not valid: ${message}`)
  }
}

function validateResources(resources: readonly string[], at: At): void {
  const all = resources.includes('*/*') && resources.length > 1
  if (all) {
    at.invalid(resources, "if '*/*' is present, must not specify other resources")
    return
  }
  const wildSubresources = new Set<string>()
  const wildResources = new Set<string>()
  for (const resource of resources) {
    const [name = '', sub] = resource.split('/')
    if (sub === '*') wildSubresources.add(name)
    if (name === '*' && sub !== undefined) wildResources.add(sub)
  }
  resources.forEach((resource, i) => {
    const [name = '', sub = ''] = resource.split('/')
    if (resource === '') at.index(i).required()
    else if (sub !== '*' && sub !== '' && wildSubresources.has(name)) {
      at.index(i).invalid(resource, `if '${name}/*' is present, must not specify ${resource}`)
    } else if (name !== '*' && wildResources.has(sub)) {
      at.index(i).invalid(resource, `if '*/${sub}' is present, must not specify ${resource}`)
    }
  })
}

export function validateRule(rule: Omit<RuleWithOperations, 'scope'>, at: At): void {
  const { operations = [], apiGroups = [], apiVersions = [], resources = [] } = rule
  if (operations.length === 0) at.child('operations').required()
  if (operations.includes('*') && operations.length > 1) {
    at.child('operations').invalid(operations, "if '*' is present, must not specify other operations")
  }
  operations.forEach((operation, i) => {
    if (!OPERATIONS.includes(operation)) at.child('operations').index(i).notSupported(operation, OPERATIONS)
  })
  if (apiGroups.length === 0) at.child('apiGroups').required()
  if (apiGroups.includes('*') && apiGroups.length > 1) {
    at.child('apiGroups').invalid(apiGroups, "if '*' is present, must not specify other API groups")
  }
  if (apiVersions.length === 0) at.child('apiVersions').required()
  if (apiVersions.includes('*') && apiVersions.length > 1) {
    at.child('apiVersions').invalid(apiVersions, "if '*' is present, must not specify other API versions")
  }
  apiVersions.forEach((version, i) => {
    if (version === '') at.child('apiVersions').index(i).required()
  })
  if (resources.length === 0) at.child('resources').required()
  else validateResources(resources, at.child('resources'))
}

interface Webhook {
  readonly name: string
  readonly sideEffects?: string
  readonly admissionReviewVersions: readonly string[]
  readonly matchConditions?: readonly MatchCondition[]
}

export function validateWebhook(
  { name, sideEffects, admissionReviewVersions, matchConditions = [] }: Webhook,
  at: At,
): void {
  if (name !== '') {
    const messages = isDNS1123Subdomain(name)
    if (messages.length > 0) at.child('name').invalid(name, messages.join(','))
    else if (name.split('.').length < 3) {
      at.child('name').invalid(name, 'should be a domain with at least three segments separated by dots')
    }
  }
  if (sideEffects === 'Some' || sideEffects === 'Unknown') {
    at.child('sideEffects').notSupported(sideEffects, ['None', 'NoneOnDryRun'])
  }
  const place = at.child('admissionReviewVersions')
  if (
    admissionReviewVersions.length > 0 &&
    !admissionReviewVersions.some(version => version === 'v1' || version === 'v1beta1')
  ) {
    place.invalid(admissionReviewVersions, 'must include at least one of v1, v1beta1')
  }
  validateMatchConditions(matchConditions, at.child('matchConditions'))
}

/** Conditions have names of their own, which may have a prefix. */
export function validateMatchConditions(
  conditions: readonly MatchCondition[],
  at: At,
  environment?: Environment,
): void {
  if (conditions.length > MAX_CONDITIONS) at.tooMany(conditions.length, MAX_CONDITIONS)
  const seen = new Set<string>()
  conditions.forEach(({ name, expression }, i) => {
    const place = at.index(i).child('name')
    if (name) place.invalidEach(name, isQualifiedName(name))
    checkCondition(expression, at.index(i).child('expression'), environment)
    if (seen.has(name)) place.duplicate(name)
    seen.add(name)
  })
}

/** Names tell the webhooks of a configuration apart. */
export function validateWebhooks(webhooks: readonly { readonly name: string }[], at: At): void {
  const seen = new Set<string>()
  webhooks.forEach(({ name }, i) => {
    if (seen.has(name)) at.index(i).child('name').duplicate(name)
    seen.add(name)
  })
}
