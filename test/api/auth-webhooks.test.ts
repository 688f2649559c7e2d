import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import https from 'node:https'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import type { CreateClusterOptions } from '../../src/cluster/create-cluster.ts'
import { issueLeaf, makeAuthority } from '../../src/cluster/pki/certificates.ts'
import { type ApiUnderTest, startApi } from '../support/api.ts'
import { type ReviewServer, reviewServer } from '../support/review-server.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'auth-webhooks-'))
const kubeconfig = path.join(folder, 'webhook.kubeconfig')
const rules = path.join(folder, 'authorization.yaml')
let webhook: ReviewServer
let api: ApiUnderTest | undefined

beforeAll(async () => {
  webhook = await reviewServer(() => ({}))
  webhook.kubeconfig(kubeconfig)
})
beforeEach(() => {
  webhook.seen.length = 0
})
afterEach(async () => {
  await api?.stop()
  api = undefined
})
afterAll(async () => {
  await webhook.stop()
  rmSync(folder, { recursive: true })
})

async function start(options: CreateClusterOptions): Promise<ApiUnderTest> {
  api = await startApi(options)
  return api
}
const OURS = 'https://kubernetes.default.svc.cluster.local'
const SELF = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
const PODS = '/api/v1/namespaces/default/pods'
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const as = (user: string) => ({ 'impersonate-user': user })

test('a webhook says whose a token is, once for many requests', async () => {
  webhook.answer = () => ({
    authenticated: true,
    user: { username: 'jane', uid: '7', groups: ['dev'], extra: { 'example.org/desk': ['3'] } },
  })
  await start({ authenticationTokenWebhookConfigFile: kubeconfig, authenticationTokenWebhookVersion: 'v1' })
  for (let i = 0; i < 3; i++) {
    const { json } = await api!.request('POST', SELF, {}, bearer('opaque'))
    expect(json.status.userInfo).toEqual({
      username: 'jane',
      uid: '7',
      groups: ['dev', 'system:authenticated'],
      extra: { 'example.org/desk': ['3'] },
    })
  }
  expect(webhook.seen).toHaveLength(1)
  const [{ review, authorization } = { review: undefined, authorization: undefined }] = webhook.seen
  expect(authorization).toBe('Bearer it-is-us')
  expect(review).toMatchObject({
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    spec: { token: 'opaque', audiences: [OURS] },
  })
})

test('v1beta1 is sent where nothing else is said, as upstream does', async () => {
  webhook.answer = () => ({ authenticated: true, user: { username: 'jane' } })
  await start({ authenticationTokenWebhookConfigFile: kubeconfig })
  expect((await api!.request('POST', SELF, {}, bearer('opaque'))).status).toBe(201)
  expect(webhook.seen[0]?.review.apiVersion).toBe('authentication.k8s.io/v1beta1')
})

test('a token that the webhook does not know is refused, and so is every one while it fails', async () => {
  webhook.answer = () => ({ authenticated: false, error: 'never heard of it' })
  await start({ authenticationTokenWebhookConfigFile: kubeconfig })
  expect((await api!.request('POST', SELF, {}, bearer('opaque'))).status).toBe(401)
  const review = await api!.request('POST', '/apis/authentication.k8s.io/v1/tokenreviews', {
    spec: { token: 'opaque' },
  })
  expect(review.json.status).toEqual({ user: {}, error: 'never heard of it' })
  webhook.answer = () => 403
  expect((await api!.request('POST', SELF, {}, bearer('another'))).status).toBe(401)
})

test('whom a token is for is asked of the webhook', async () => {
  webhook.answer = () => ({ authenticated: true, user: { username: 'jane' }, audiences: ['vault'] })
  await start({ authenticationTokenWebhookConfigFile: kubeconfig })
  expect((await api!.request('POST', SELF, {}, bearer('opaque'))).status).toBe(401)
  const spec = { token: 'opaque', audiences: ['vault', 'bank'] }
  const { json } = await api!.request('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { spec })
  expect(json.status).toMatchObject({ authenticated: true, audiences: ['vault'] })
})

function authorizers(...list: object[]): CreateClusterOptions {
  const config = { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthorizationConfiguration', authorizers: list }
  writeFileSync(rules, JSON.stringify(config))
  return { authorizationConfig: rules }
}
const NODE = { type: 'Node', name: 'node' }
const RBAC = { type: 'RBAC', name: 'rbac' }
const asking = (more: object = {}) => ({
  type: 'Webhook',
  name: 'ours',
  webhook: {
    timeout: '3s',
    subjectAccessReviewVersion: 'v1',
    matchConditionSubjectAccessReviewVersion: 'v1',
    failurePolicy: 'NoOpinion',
    connectionInfo: { type: 'KubeConfigFile', kubeConfigFile: kubeconfig },
    ...more,
  },
})

test('a webhook allows what nobody else does', async () => {
  webhook.answer = review => ({ allowed: review.spec.user === 'jane', reason: 'it is hers' })
  await start(authorizers(NODE, RBAC, asking()))
  const url = `${PODS}?fieldSelector=spec.nodeName%3Dn1&labelSelector=app%20in%20(a,b)`
  expect((await api!.request('GET', url, undefined, as('jane'))).status).toBe(200)
  expect((await api!.request('GET', url, undefined, as('jane'))).status).toBe(200)
  expect((await api!.request('GET', PODS, undefined, as('joe'))).status).toBe(403)
  expect(webhook.seen.map(({ review }) => review.spec)).toEqual([
    {
      user: 'jane',
      groups: ['system:authenticated'],
      resourceAttributes: {
        namespace: 'default',
        verb: 'list',
        version: 'v1',
        resource: 'pods',
        fieldSelector: { requirements: [{ key: 'spec.nodeName', operator: 'In', values: ['n1'] }] },
        labelSelector: { requirements: [{ key: 'app', operator: 'In', values: ['a', 'b'] }] },
      },
    },
    {
      user: 'joe',
      groups: ['system:authenticated'],
      resourceAttributes: { namespace: 'default', verb: 'list', version: 'v1', resource: 'pods' },
    },
  ])
})

test('a webhook asked first forbids what RBAC would allow', async () => {
  webhook.answer = review => ({ denied: review.spec.resourceAttributes?.resource === 'secrets', reason: 'no secrets' })
  await start(authorizers(asking(), RBAC))
  await api!.request('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    metadata: { name: 'jane' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'User', name: 'jane', apiGroup: 'rbac.authorization.k8s.io' }],
  })
  expect((await api!.request('GET', PODS, undefined, as('jane'))).status).toBe(200)
  const { status, json } = await api!.request('GET', '/api/v1/secrets', undefined, as('jane'))
  expect(status).toBe(403)
  expect(json.message).toBe(
    'secrets is forbidden: User "jane" cannot list resource "secrets" in API group "" at the cluster scope: no secrets',
  )
  const review = await api!.request('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
    spec: { user: 'jane', resourceAttributes: { verb: 'list', resource: 'secrets' } },
  })
  expect(review.json.status).toEqual({ allowed: false, denied: true, reason: 'no secrets' })
})

test('a webhook is asked about what its conditions say', async () => {
  webhook.answer = () => ({ allowed: true })
  const matchConditions = [
    { expression: 'has(request.resourceAttributes)' },
    { expression: "request.resourceAttributes.namespace == 'default'" },
    { expression: "!('system:serviceaccounts' in request.groups)" },
  ]
  await start(authorizers(asking({ matchConditions })))
  expect((await api!.request('GET', PODS, undefined, as('jane'))).status).toBe(200)
  expect((await api!.request('GET', '/api/v1/namespaces/other/pods', undefined, as('jane'))).status).toBe(403)
  expect((await api!.request('GET', '/metrics', undefined, as('jane'))).status).toBe(403)
  expect(webhook.seen).toHaveLength(1)
})

test.each([
  ['NoOpinion', 200],
  ['Deny', 403],
])('while a webhook does not answer, %s holds', async (failurePolicy, status) => {
  webhook.answer = () => 400
  await start(authorizers(asking({ failurePolicy }), { type: 'AlwaysAllow', name: 'rest' }))
  expect((await api!.request('GET', PODS, undefined, as('jane'))).status).toBe(status)
})

test('who decides can change without a restart', async () => {
  await start(authorizers({ type: 'AlwaysDeny', name: 'none' }))
  const answer = async () => (await api!.request('GET', PODS, undefined, as('jane'))).status
  expect(await answer()).toBe(403)
  authorizers({ type: 'AlwaysAllow', name: 'all' })
  await vi.waitFor(async () => expect(await answer()).toBe(200), 5000)
})

test('a proxy in front says who makes a request, and nobody else can', async () => {
  const authority = await makeAuthority(Date.now())
  const ca = path.join(folder, 'proxies.pem')
  writeFileSync(ca, authority.certificate)
  await start({ requestheaderClientCaFile: ca, requestheaderAllowedNames: 'proxy' })
  const { url, access } = api!.cluster
  const ask = (client: { certificate?: string; key?: string }) =>
    new Promise<{ status: number; body: string }>((resolve, reject) => {
      const headers = {
        'content-type': 'application/json',
        'x-remote-user': 'jane',
        'x-remote-group': ['dev', 'ops'],
        'x-remote-extra-example.org%2fdesk': '3',
      }
      const options = {
        method: 'POST',
        ca: access.ca,
        cert: client.certificate,
        key: client.key,
        headers,
        agent: false,
      }
      const request = https.request(url + SELF, options, async response => {
        const chunks: Buffer[] = []
        for await (const chunk of response) chunks.push(chunk as Buffer)
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() })
      })
      request.on('error', reject)
      request.end('{}')
    })
  const { body } = await ask(await issueLeaf(authority, { commonName: 'proxy' }, Date.now()))
  expect(JSON.parse(body).status.userInfo).toEqual({
    username: 'jane',
    groups: ['dev', 'ops', 'system:authenticated'],
    extra: { 'example.org/desk': ['3'] },
  })
  expect((await ask(await issueLeaf(authority, { commonName: 'other' }, Date.now()))).status).toBe(401)
  expect((await ask({})).status).toBe(403)
  // A certificate of nobody's that we know is worse than none.
  const strangers = await makeAuthority(Date.now())
  expect((await ask(await issueLeaf(strangers, { commonName: 'proxy' }, Date.now()))).status).toBe(401)
})

test('a secret of a service account is a way in until it is gone', async () => {
  await start({ controllers: true })
  await api!.request('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'robot' } })
  await api!.request('POST', '/api/v1/namespaces/default/secrets', {
    metadata: { name: 'robot', annotations: { 'kubernetes.io/service-account.name': 'robot' } },
    type: 'kubernetes.io/service-account-token',
  })
  const secret = '/api/v1/namespaces/default/secrets/robot'
  const token = await vi.waitFor(async () => {
    const { json } = await api!.request('GET', secret)
    expect(json.data?.token).toBeDefined()
    return Buffer.from(json.data.token, 'base64').toString()
  }, 5000)
  const { json } = await api!.request('POST', SELF, {}, bearer(token))
  expect(json.status.userInfo).toMatchObject({
    username: 'system:serviceaccount:default:robot',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
  })
  await api!.request('DELETE', secret)
  expect((await api!.request('POST', SELF, {}, bearer(token))).status).toBe(401)
})

test('the last use of a secret of a service account is noted, and one that was marked is refused', async () => {
  await start({ controllers: true })
  const robot = '/api/v1/namespaces/default/serviceaccounts/robot'
  const secret = '/api/v1/namespaces/default/secrets/robot'
  await api!.request('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'robot' } })
  await api!.request('POST', '/api/v1/namespaces/default/secrets', {
    metadata: { name: 'robot', annotations: { 'kubernetes.io/service-account.name': 'robot' } },
    type: 'kubernetes.io/service-account-token',
  })
  const token = await vi.waitFor(async () => {
    const { json } = await api!.request('GET', secret)
    expect(json.data?.token).toBeDefined()
    return Buffer.from(json.data.token, 'base64').toString()
  }, 5000)
  const merge = { 'content-type': 'application/merge-patch+json' }
  const used = async () => (await api!.request('GET', secret)).json.metadata.labels
  expect((await api!.request('POST', SELF, {}, bearer(token))).headers.warning).toBeUndefined()
  expect(await used()).toEqual({ 'kubernetes.io/legacy-token-last-used': new Date().toISOString().slice(0, 10) })

  await api!.request('PATCH', robot, { secrets: [{ name: 'robot' }] }, merge)
  const { headers } = await api!.request('POST', SELF, {}, bearer(token))
  expect(headers.warning).toContain('instead of auto-generated secret-based tokens')

  const labels = { 'kubernetes.io/legacy-token-invalid-since': '2024-01-01' }
  await api!.request('PATCH', secret, { metadata: { labels } }, merge)
  expect((await api!.request('POST', SELF, {}, bearer(token))).status).toBe(401)
  const { text } = await api!.request('GET', '/metrics')
  expect(text).toContain('serviceaccount_legacy_manual_token_uses_total 1')
  expect(text).toContain('serviceaccount_invalid_legacy_auto_token_uses_total 1')
})
