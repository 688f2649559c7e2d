import { expect, test } from 'vitest'
import { parseConfig } from '../../apimachinery/config-file.ts'
import { authenticationConfiguration } from './configuration.ts'

const FILE = authenticationConfiguration(['https://kubernetes.default.svc'])
const issuer = { url: 'https://issuer.example', audiences: ['cluster'] }
const claimMappings = { username: { claim: 'sub', prefix: '' } }
const jwt = (more: object = {}) => ({ issuer, claimMappings, ...more })

function problems(config: object): string {
  const text = { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthenticationConfiguration', ...config }
  try {
    parseConfig(FILE, JSON.stringify(text))
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

test('what upstream takes is taken', () => {
  expect(problems({})).toBe('')
  expect(problems({ jwt: [jwt()], anonymous: { enabled: false } })).toBe('')
})

test.each<[string, object, string]>([
  ['no issuer', { issuer: { audiences: ['a'] } }, 'jwt[0].issuer.url: Required value'],
  [
    'plain HTTP',
    { issuer: { ...issuer, url: 'http://issuer.example' } },
    'jwt[0].issuer.url: Invalid value: "http://issuer.example": URL scheme must be https',
  ],
  [
    'our own issuer',
    { issuer: { ...issuer, url: 'https://kubernetes.default.svc' } },
    'jwt[0].issuer.url: Invalid value: "https://kubernetes.default.svc": URL must not overlap with disallowed issuers: [https://kubernetes.default.svc]',
  ],
  [
    'a document where it would be anyway',
    { issuer: { ...issuer, discoveryURL: 'https://issuer.example/' } },
    'jwt[0].issuer.discoveryURL: Invalid value: "https://issuer.example/": discoveryURL must be different from URL',
  ],
  [
    'no audience',
    { issuer: { ...issuer, audiences: [] } },
    'jwt[0].issuer.audiences: Required value: at least one jwt[0].issuer.audiences is required',
  ],
  [
    'several audiences and no policy',
    { issuer: { ...issuer, audiences: ['a', 'b'] } },
    'jwt[0].issuer.audienceMatchPolicy: Invalid value: "": audienceMatchPolicy must be MatchAny for multiple audiences',
  ],
  [
    'a name from nowhere',
    { claimMappings: {} },
    'jwt[0].claimMappings.username: Required value: claim or expression is required',
  ],
  [
    'a claim without a prefix',
    { claimMappings: { username: { claim: 'sub' } } },
    'jwt[0].claimMappings.username.prefix: Required value: prefix is required when claim is set. It can be set to an empty string to disable prefixing',
  ],
  [
    'an address that nobody verified',
    { claimMappings: { username: { expression: 'claims.email' } } },
    'jwt[0].claimMappings.username.expression: Invalid value: "claims.email": claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression',
  ],
  [
    'a condition that is none',
    { claimValidationRules: [{ expression: 'claims.foo' }] },
    'jwt[0].claimValidationRules[0].expression: Invalid value: "claims.foo": must evaluate to bool',
  ],
  [
    'both a claim and an expression',
    { claimValidationRules: [{ claim: 'a', expression: 'true' }] },
    'jwt[0].claimValidationRules[0]: Invalid value: "a": claim and expression can\'t both be set',
  ],
  [
    'a reserved key',
    { claimMappings: { ...claimMappings, extra: [{ key: 'x.k8s.io/a', valueExpression: "''" }] } },
    'jwt[0].claimMappings.extra[0].key: Invalid value: "x.k8s.io/a": k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use',
  ],
])('%s is refused', (_, more, problem) => {
  expect(problems({ jwt: [jwt(more)] })).toBe(problem)
})

test('issuers are told apart', () => {
  expect(problems({ jwt: [jwt(), jwt()] })).toBe('jwt[1].issuer.url: Duplicate value: "https://issuer.example"')
})

test('conditions of anonymous requests need anonymous requests', () => {
  expect(problems({ anonymous: { enabled: false, conditions: [{ path: '/livez' }] } })).toContain(
    'enabled should be set to true when conditions are defined',
  )
})
