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
