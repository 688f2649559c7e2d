import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiUnderTest, startApi } from '../support/api.ts'

const RBAC = '/apis/rbac.authorization.k8s.io/v1'
let api: ApiUnderTest

beforeAll(async () => {
  api = await startApi()
  const rules = [
    { apiGroups: ['rbac.authorization.k8s.io'], resources: ['*'], verbs: ['create', 'update', 'get'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] },
  ]
  await api.request('POST', `${RBAC}/clusterroles`, { metadata: { name: 'keeper' }, rules })
  await api.request('POST', `${RBAC}/clusterrolebindings`, {
    metadata: { name: 'keeper' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'keeper' },
    subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'ann' }],
  })
})
afterAll(() => api.stop())

const asAnn = (method: string, path: string, body?: object) =>
  api.request(method, `${RBAC}${path}`, body, { 'impersonate-user': 'ann' })
const roleOf = (name: string, ...rules: object[]) => ({ metadata: { name }, rules })

test('who writes a role needs all that it grants', async () => {
  const pods = { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }
  expect((await asAnn('POST', '/clusterroles', roleOf('pods', pods))).status).toBe(201)
  const secrets = { apiGroups: [''], resources: ['secrets', 'pods'], verbs: ['get', 'list'] }
  const { status, json } = await asAnn('POST', '/clusterroles', roleOf('secrets', secrets))
  expect(status).toBe(403)
  expect(json.message).toBe(
    'clusterroles.rbac.authorization.k8s.io "secrets" is forbidden: user "ann" (groups=["system:authenticated"]) ' +
      'is attempting to grant RBAC permissions not currently held:\n' +
      '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}',
  )
})

test('who binds a role needs all that it grants, or to be let bind it', async () => {
  const bindingOf = (name: string, role: string) => ({
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'bob' }],
  })
  const refused = await asAnn('POST', '/namespaces/default/rolebindings', bindingOf('a', 'cluster-admin'))
  expect(refused.json.message).toContain('{APIGroups:["*"], Resources:["*"], Verbs:["*"]}')
  await api.request('POST', `${RBAC}/clusterroles`, {
    metadata: { name: 'binder' },
    rules: [
      {
        apiGroups: ['rbac.authorization.k8s.io'],
        resources: ['clusterroles'],
        resourceNames: ['view'],
        verbs: ['bind'],
      },
    ],
  })
  await api.request('POST', `${RBAC}/clusterrolebindings`, {
    ...bindingOf('binder', 'binder'),
    subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'ann' }],
  })
  expect((await asAnn('POST', '/namespaces/default/rolebindings', bindingOf('b', 'view'))).status).toBe(201)
  expect((await asAnn('POST', '/namespaces/default/rolebindings', bindingOf('c', 'none'))).status).toBe(404)
})

test('an aggregated role takes all permissions there are', async () => {
  const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] }
  const { json } = await asAnn('POST', '/clusterroles', { metadata: { name: 'sum' }, aggregationRule })
  expect(json.message).toContain('is attempting to grant RBAC permissions not currently held')
})
