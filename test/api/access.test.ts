import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiUnderTest, startApi } from '../support/api.ts'

let api: ApiUnderTest
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

const RBAC = '/apis/rbac.authorization.k8s.io/v1'
const as = (user: string, ...groups: string[]) => ({
  'impersonate-user': user,
  ...(groups.length > 0 && { 'impersonate-group': groups.join(', ') }),
})

test('a role lets its subjects do what it says, where it says', async () => {
  await api.request('POST', `${RBAC}/namespaces/default/roles`, {
    metadata: { name: 'reader' },
    rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list'] }],
  })
  await api.request('POST', `${RBAC}/namespaces/default/rolebindings`, {
    metadata: { name: 'reader' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
    subjects: [{ kind: 'User', name: 'jane', apiGroup: 'rbac.authorization.k8s.io' }],
  })
  expect((await api.request('GET', '/api/v1/namespaces/default/configmaps', undefined, as('jane'))).status).toBe(200)
  const other = await api.request('GET', '/api/v1/namespaces/kube-system/configmaps', undefined, as('jane'))
  expect(other.json.message).toBe(
    'configmaps is forbidden: User "jane" cannot list resource "configmaps" in API group "" in the namespace "kube-system"',
  )
  const write = await api.request('DELETE', '/api/v1/namespaces/default/configmaps/x', undefined, as('jane'))
  expect(write.status).toBe(403)
})

test('a binding to a missing role says so', async () => {
  await api.request('POST', `${RBAC}/clusterrolebindings`, {
    metadata: { name: 'dangling' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'nowhere' },
    subjects: [{ kind: 'User', name: 'joe', apiGroup: 'rbac.authorization.k8s.io' }],
  })
  const { json } = await api.request('GET', '/api/v1/nodes', undefined, as('joe'))
  expect(json.message).toContain('RBAC: clusterrole.rbac.authorization.k8s.io "nowhere" not found')
})

test('reviews answer who may do what', async () => {
  const review = async (user: string) =>
    (
      await api.request('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
        spec: { user, resourceAttributes: { namespace: 'default', verb: 'list', resource: 'configmaps' } },
      })
    ).json.status.allowed
  expect(await review('jane')).toBe(true)
  expect(await review('nobody')).toBe(false)
  const self = await api.request('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, as('jane'))
  expect(self.json.status.userInfo.username).toBe('jane')
})

test('a service account’s token is its way in, as long as the account exists', async () => {
  await api.request('POST', '/api/v1/namespaces', { metadata: { name: 'tokens' } })
  await api.request('POST', '/api/v1/namespaces/tokens/serviceaccounts', { metadata: { name: 'robot' } })
  const request = await api.request('POST', '/api/v1/namespaces/tokens/serviceaccounts/robot/token', { spec: {} })
  expect(request.status).toBe(201)
  const bearer = { authorization: `Bearer ${request.json.status.token}` }
  const who = await api.request('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, bearer)
  expect(who.json.status.userInfo.username).toBe('system:serviceaccount:tokens:robot')
  const spec = { token: request.json.status.token }
  const review = await api.request('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { spec })
  expect(review.json.status.authenticated).toBe(true)
  await api.request('DELETE', '/api/v1/namespaces/tokens/serviceaccounts/robot')
  expect((await api.request('GET', '/api/v1/namespaces', undefined, bearer)).status).toBe(401)
})

test('impersonation itself has to be allowed', async () => {
  await api.request('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'plain' } })
  const { json } = await api.request('POST', '/api/v1/namespaces/default/serviceaccounts/plain/token', { spec: {} })
  const headers = { authorization: `Bearer ${json.status.token}`, 'impersonate-user': 'jane' }
  const answer = await api.request('GET', '/api/v1/namespaces', undefined, headers)
  expect(answer.status).toBe(403)
  expect(answer.json.message).toContain('cannot impersonate resource "users"')
})

test('every part of an impersonation is checked', async () => {
  const { json } = await api.request('POST', '/api/v1/namespaces/default/serviceaccounts/plain/token', { spec: {} })
  const authorization = `Bearer ${json.status.token}`
  const rule = (resources: string[], apiGroups: string[], resourceNames: string[]) => ({
    verbs: ['impersonate'],
    resources,
    apiGroups,
    resourceNames,
  })
  await api.request('POST', `${RBAC}/clusterroles`, {
    metadata: { name: 'actor' },
    rules: [
      rule(['users'], [''], ['jane']),
      rule(['groups'], [''], ['dev']),
      rule(['uids'], ['authentication.k8s.io'], ['7']),
      rule(['userextras/example.org/desk'], ['authentication.k8s.io'], ['3']),
      rule(['serviceaccounts'], [''], ['robot']),
    ],
  })
  await api.request('POST', `${RBAC}/clusterrolebindings`, {
    metadata: { name: 'actor' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'actor' },
    subjects: [{ kind: 'ServiceAccount', name: 'plain', namespace: 'default' }],
  })
  const whole = {
    'impersonate-user': 'jane',
    'impersonate-uid': '7',
    'impersonate-group': 'dev',
    'impersonate-extra-example.org%2fdesk': '3',
  }
  const acting = (headers: Record<string, string>) =>
    api.request('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, { authorization, ...headers })
  expect((await acting(whole)).json.status.userInfo).toEqual({
    username: 'jane',
    uid: '7',
    groups: ['dev', 'system:authenticated'],
    extra: { 'example.org/desk': ['3'] },
  })
  const refused = async (headers: Record<string, string>) => (await acting({ ...whole, ...headers })).json.message
  const cannot = 'User "system:serviceaccount:default:plain" cannot impersonate resource'
  expect(await refused({ 'impersonate-user': 'joe' })).toContain(`users "joe" is forbidden: ${cannot} "users"`)
  expect(await refused({ 'impersonate-uid': '8' })).toContain(
    `uids.authentication.k8s.io "8" is forbidden: ${cannot} "uids"`,
  )
  expect(await refused({ 'impersonate-group': 'system:masters' })).toContain(`groups "system:masters" is forbidden`)
  expect(await refused({ 'impersonate-extra-example.org%2fdesk': '4' })).toContain('"userextras/example.org/desk"')
  expect(await refused({ 'impersonate-user': 'system:serviceaccount:a:admin' })).toContain(
    `serviceaccounts "admin" is forbidden: ${cannot} "serviceaccounts" in API group "" in the namespace "a"`,
  )
  const account = await acting({ 'impersonate-user': 'system:serviceaccount:a:robot' })
  expect(account.json.status.userInfo.groups).toEqual([
    'system:serviceaccounts',
    'system:serviceaccounts:a',
    'system:authenticated',
  ])
  expect((await acting({ 'impersonate-group': 'dev' })).status).toBe(400)
})

test('a token that was asked for somebody else is not for the API server', async () => {
  const audiences = ['vault']
  const { json } = await api.request('POST', '/api/v1/namespaces/default/serviceaccounts/plain/token', {
    spec: { audiences },
  })
  const { token } = json.status
  expect((await api.request('GET', '/api', undefined, { authorization: `Bearer ${token}` })).status).toBe(401)
  const reviewed = async (spec: object) =>
    (await api.request('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token, ...spec } })).json.status
  expect(await reviewed({ audiences: ['bank', 'vault'] })).toMatchObject({ authenticated: true, audiences: ['vault'] })
  expect((await reviewed({})).error).toBe(
    'token audiences ["vault"] is invalid for the target audiences ["https://kubernetes.default.svc.cluster.local"]',
  )
})

test("a pod's own token outlives its hour, so that programs that read it once go on", async () => {
  const pod = {
    metadata: { name: 'p' },
    spec: { serviceAccountName: 'plain', containers: [{ name: 'c', image: 'i' }] },
  }
  const made = await api.request('POST', '/api/v1/namespaces/default/pods', pod)
  expect(made.status).toBe(201)
  const spec = { expirationSeconds: 3607, boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'p' } }
  const { json } = await api.request('POST', '/api/v1/namespaces/default/serviceaccounts/plain/token', { spec })
  const claims = JSON.parse(Buffer.from(json.status.token.split('.')[1], 'base64url').toString())
  expect(claims.exp - claims.iat).toBe(365 * 24 * 3600)
  expect(claims['kubernetes.io'].warnafter - claims.iat).toBe(3607)
  const shown = Date.parse(json.status.expirationTimestamp) / 1000
  expect(Math.abs(shown - claims.iat - 3607)).toBeLessThan(5)
})
