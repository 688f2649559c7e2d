import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { type ApiUnderTest, startApi } from '../support/api.ts'
import { type Issuer, startIssuer } from '../support/issuer.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'oidc-'))
const file = path.join(folder, 'authentication.yaml')
let issuer: Issuer
let api: ApiUnderTest | undefined

beforeAll(async () => {
  issuer = await startIssuer()
})
afterEach(async () => {
  await api?.stop()
  api = undefined
})
afterAll(async () => {
  await issuer.stop()
  rmSync(folder, { recursive: true })
})

/** An authenticator of the issuer's tokens, as `oidc:` and what they say in `sub`. */
const jwt = (more: object = {}) => ({
  issuer: { url: issuer.url, certificateAuthority: issuer.ca, audiences: ['cluster'] },
  claimMappings: { username: { claim: 'sub', prefix: 'oidc:' } },
  ...more,
})
function write(config: object): void {
  const text = { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthenticationConfiguration', ...config }
  writeFileSync(file, JSON.stringify(text))
}
async function start(...authenticators: object[]): Promise<ApiUnderTest> {
  write({ jwt: authenticators })
  api = await startApi({ authenticationConfig: file })
  return api
}

const SELF = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
const who = (token: string) => api!.request('POST', SELF, {}, { authorization: `Bearer ${token}` })
async function reviewed(token: string, ...audiences: string[]) {
  const { json } = await api!.request('POST', '/apis/authentication.k8s.io/v1/tokenreviews', {
    spec: { token, audiences },
  })
  return json.status
}

test('a token of a known issuer names its user', async () => {
  await start(jwt())
  const { status, json } = await who(await issuer.token({ jti: 'seven' }))
  expect(status).toBe(201)
  expect(json.status.userInfo).toEqual({
    username: 'oidc:jane',
    groups: ['system:authenticated'],
    extra: { 'authentication.kubernetes.io/credential-id': ['JTI=seven'] },
  })
})

test('names, groups, uid and more come from claims or expressions', async () => {
  await start(
    jwt({
      claimMappings: {
        username: { expression: "claims.name + '@' + claims.company.id" },
        groups: { claim: 'roles', prefix: 'role:' },
        uid: { expression: 'claims.uid' },
        extra: [
          { key: 'example.org/team', valueExpression: 'claims.teams' },
          { key: 'example.org/desk', valueExpression: "has(claims.desk) ? claims.desk : ''" },
          { key: 'example.org/dotted', valueExpression: 'claims.a__dot__b' },
        ],
      },
    }),
  )
  const token = await issuer.token({
    name: 'jane',
    company: { id: 'acme' },
    roles: 'admin',
    uid: 'u-1',
    teams: ['red', '', 'blue'],
    'a.b': 'yes',
  })
  expect((await reviewed(token)).user).toEqual({
    username: 'jane@acme',
    uid: 'u-1',
    groups: ['role:admin', 'system:authenticated'],
    extra: { 'example.org/team': ['red', 'blue'], 'example.org/dotted': ['yes'] },
  })
})

test.each([
  ['for somebody else', { aud: 'others' }, 'expected audience in ["cluster"] got ["others"]'],
  ['whose time is over', { exp: 1000 }, 'token is expired'],
  ['whose time has not come', { nbf: Date.now() / 1000 + 3600 }, 'before the nbf (not before) time'],
  ['without a name', { sub: undefined }, 'parse username claims "sub": claim not present'],
])('a token %s is refused', async (_, claims, why) => {
  await start(jwt())
  const token = await issuer.token(claims)
  expect((await who(token)).status).toBe(401)
  const status = await reviewed(token)
  expect(status.error).toContain(why)
  expect(status.authenticated).toBeUndefined()
})

test('a token that somebody else signed is refused', async () => {
  await start(jwt())
  const [head, , signature] = (await issuer.token()).split('.')
  const body = Buffer.from(JSON.stringify({ iss: issuer.url, aud: 'cluster', sub: 'root', exp: 9e9 })).toString(
    'base64url',
  )
  expect((await who(`${head}.${body}.${signature}`)).status).toBe(401)
  const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url')
  expect((await who(`${none}.${body}.`)).status).toBe(401)
})

test('rules about claims and users are kept', async () => {
  await start(
    jwt({
      claimValidationRules: [
        { claim: 'hd', requiredValue: 'example.org' },
        { expression: 'claims.exp - claims.iat <= 900.0', message: 'tokens live a quarter of an hour at most' },
      ],
      userValidationRules: [
        { expression: "!user.username.startsWith('oidc:system:')", message: 'that name is reserved' },
      ],
    }),
  )
  expect((await who(await issuer.token({ hd: 'example.org' }))).status).toBe(201)
  const why = async (claims: object, how = {}) => (await reviewed(await issuer.token(claims, how))).error
  expect(await why({})).toBe('oidc: required claim hd not present in ID token')
  expect(await why({ hd: 'evil.org' })).toContain('value does not match. Got = evil.org, want = example.org')
  expect(await why({ hd: 'example.org' }, { lifeSeconds: 5000 })).toBe(
    "oidc: error evaluating claim validation expression: validation expression 'claims.exp - claims.iat <= 900.0' failed: tokens live a quarter of an hour at most",
  )
  expect(await why({ hd: 'example.org', sub: 'system:kube-scheduler' })).toContain('that name is reserved')
})

test('an address that is not verified names nobody', async () => {
  await start(jwt({ claimMappings: { username: { claim: 'email', prefix: '' } } }))
  const email = 'jane@example.org'
  expect((await reviewed(await issuer.token({ email, email_verified: true }))).user.username).toBe(email)
  expect((await reviewed(await issuer.token({ email, email_verified: false }))).error).toBe('oidc: email not verified')
})

test('keys are fetched once, again for a key that is not known, and not for every one', async () => {
  issuer.asked.clear()
  await start(jwt())
  expect((await who(await issuer.token({ sub: 'a' }))).status).toBe(201)
  expect((await who(await issuer.token({ sub: 'b' }))).status).toBe(201)
  expect(issuer.asked.get('/keys')).toBe(1)
  await issuer.rotate('second')
  expect((await who(await issuer.token({ sub: 'c' }))).status).toBe(201)
  expect(issuer.asked.get('/keys')).toBe(2)
  for (let i = 0; i < 20; i++) {
    expect((await who(await issuer.token({ sub: 'd' }, { keyId: `made-up-${i}` }))).status).toBe(401)
  }
  expect(issuer.asked.get('/keys')).toBe(5)
  expect(issuer.asked.get('/.well-known/openid-configuration')).toBe(1)
})

test('the discovery document may lie elsewhere', async () => {
  issuer.asked.clear()
  const { issuer: settings, ...rest } = jwt()
  await start({ ...rest, issuer: { ...settings, discoveryURL: `${issuer.url}/inside/openid-configuration` } })
  expect((await who(await issuer.token())).status).toBe(201)
  expect(issuer.asked.get('/inside/openid-configuration')).toBe(1)
  expect(issuer.asked.get('/.well-known/openid-configuration')).toBeUndefined()
})

test('an issuer whose certificate is not trusted is not believed', async () => {
  const { issuer: settings, ...rest } = jwt()
  await start({ ...rest, issuer: { ...settings, certificateAuthority: undefined } })
  const token = await issuer.token()
  expect((await who(token)).status).toBe(401)
  expect((await reviewed(token)).error).toContain('unable to verify the first certificate')
})

test('tokens of issuers are for the API server and nobody else', async () => {
  await start(jwt())
  const ours = 'https://kubernetes.default.svc.cluster.local'
  expect((await reviewed(await issuer.token(), ours, 'vault')).audiences).toEqual([ours])
  expect((await reviewed(await issuer.token(), 'vault')).authenticated).toBeUndefined()
})

test('anonymous requests are let in where the file says so', async () => {
  write({ anonymous: { enabled: true, conditions: [{ path: '/livez' }] } })
  api = await startApi({ authenticationConfig: file })
  const unnamed = async (url: string) => (await api!.request('GET', url, undefined, { authorization: '' })).status
  expect(await unnamed('/livez')).toBe(200)
  expect(await unnamed('/readyz')).toBe(401)
  expect(await unnamed('/api/v1/namespaces')).toBe(401)
})

test('a change of the file holds without a restart', async () => {
  await start(jwt())
  const token = await issuer.token()
  expect((await reviewed(token)).user.username).toBe('oidc:jane')
  write({ jwt: [jwt({ claimMappings: { username: { claim: 'sub', prefix: 'new:' } } })] })
  await vi.waitFor(async () => expect((await reviewed(token)).user.username).toBe('new:jane'), 5000)
})

test('a change of the file that cannot be used is told of, and changes nothing', async () => {
  write({ jwt: [jwt()] })
  const onError = vi.fn()
  api = await startApi({ authenticationConfig: file, onError })
  write({ jwts: [] })
  await vi.waitFor(() => expect(onError).toHaveBeenCalled(), 5000)
  const [component, key, error] = onError.mock.calls[0]!
  expect([component, key]).toEqual(['apiserver', 'configuration'])
  expect(error.message).toContain(`${file} has changed and cannot be used: strict decoding error: unknown field "jwts"`)
  expect((await reviewed(await issuer.token())).user.username).toBe('oidc:jane')
})
