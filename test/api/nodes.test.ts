import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiUnderTest, startApi } from '../support/api.ts'

let api: ApiUnderTest
const node = { 'impersonate-user': 'system:node:n1', 'impersonate-group': 'system:nodes' }
const asNode = (method: string, path: string, body?: object, headers: Record<string, string> = {}) =>
  api.request(method, path, body, { ...node, ...headers })
const NS = '/api/v1/namespaces/default'
const MERGE = { 'content-type': 'application/merge-patch+json' }

beforeAll(async () => {
  api = await startApi()
  await api.request('POST', `${NS}/serviceaccounts`, { metadata: { name: 'default' } })
  await api.request('POST', `${NS}/serviceaccounts`, { metadata: { name: 'other' } })
  for (const name of ['used', 'unused']) {
    await api.request('POST', `${NS}/secrets`, { metadata: { name } })
    await api.request('POST', `${NS}/configmaps`, { metadata: { name } })
  }
  const env = [{ secretRef: { name: 'used' } }, { configMapRef: { name: 'used' } }]
  for (const [name, nodeName] of [
    ['mine', 'n1'],
    ['theirs', 'n2'],
  ]) {
    const containers = [{ name: 'main', image: 'x', ...(nodeName === 'n1' && { envFrom: env }) }]
    const created = await api.request('POST', `${NS}/pods`, { metadata: { name }, spec: { nodeName, containers } })
    expect(created.status).toBe(201)
  }
})
afterAll(() => api.stop())

test('a node reads what its pods name, one by one, and nothing else', async () => {
  expect((await asNode('GET', `${NS}/secrets/used`)).status).toBe(200)
  expect((await asNode('GET', `${NS}/configmaps/used`)).status).toBe(200)
  expect((await asNode('GET', `${NS}/secrets?fieldSelector=metadata.name%3Dused`)).status).toBe(200)
  const { status, json } = await asNode('GET', `${NS}/secrets/unused`)
  expect(status).toBe(403)
  expect(json.message).toContain("no relationship found between node 'n1' and this object")
  expect((await asNode('GET', `${NS}/secrets`)).json.message).toContain('No Object name found')
  expect((await asNode('GET', '/api/v1/secrets')).json.message).toContain(
    'can only read namespaced object of this type',
  )
  expect((await asNode('DELETE', `${NS}/secrets/used`)).json.message).toContain('can only read resources of this type')
})

test('a node sees its own pods and its own Node', async () => {
  expect((await asNode('GET', '/api/v1/pods?fieldSelector=spec.nodeName%3Dn1')).status).toBe(200)
  expect((await asNode('GET', '/api/v1/pods')).json.message).toContain('can only list/watch pods with spec.nodeName')
  expect((await asNode('GET', '/api/v1/pods?fieldSelector=spec.nodeName%3Dn2')).status).toBe(403)
  expect((await asNode('GET', '/api/v1/nodes/n2')).json.message).toContain(
    "node 'n1' cannot read 'n2', only its own Node",
  )
})

test('a node writes the status of its own pods, and deletes only those', async () => {
  const patch = { status: { phase: 'Running' } }
  expect((await asNode('PATCH', `${NS}/pods/mine/status`, patch, MERGE)).status).toBe(200)
  expect((await asNode('PATCH', `${NS}/pods/theirs/status`, patch, MERGE)).json.message).toBe(
    'pods "theirs" is forbidden: node "n1" can only update pod status for pods with spec.nodeName set to itself',
  )
  expect((await asNode('DELETE', `${NS}/pods/theirs`)).json.message).toBe(
    'pods "theirs" is forbidden: node "n1" can only delete pods with spec.nodeName set to itself',
  )
})

test('a node registers itself, with labels that are its own to set', async () => {
  const labels = { 'kubernetes.io/hostname': 'n1', 'example.com/rack': 'a' }
  expect((await asNode('POST', '/api/v1/nodes', { metadata: { name: 'n1', labels } })).status).toBe(201)
  expect((await asNode('POST', '/api/v1/nodes', { metadata: { name: 'n3' } })).json.message).toBe(
    'nodes "n3" is forbidden: node "n1" is not allowed to modify node "n3"',
  )
  const role = { metadata: { labels: { 'node-role.kubernetes.io/control-plane': '' } } }
  expect((await asNode('PATCH', '/api/v1/nodes/n1', role, MERGE)).json.message).toBe(
    'nodes "n1" is forbidden: is not allowed to set the following labels: node-role.kubernetes.io/control-plane',
  )
  const taints = { spec: { taints: null } }
  expect((await asNode('PATCH', '/api/v1/nodes/n1', taints, MERGE)).json.message).toContain(
    'not allowed to modify taints',
  )
  const owner = { apiVersion: 'v1', kind: 'Node', name: 'n2', uid: 'x' }
  const owned = { metadata: { ownerReferences: [owner] } }
  expect((await asNode('PATCH', '/api/v1/nodes/n1', owned, MERGE)).json.message).toContain('modify ownerReferences')
})

test('a node gets tokens for its pods only', async () => {
  const mine = await api.request('GET', `${NS}/pods/mine`)
  const theirs = await api.request('GET', `${NS}/pods/theirs`)
  const request = ({ metadata }: { metadata: { name: string; uid: string } }) => ({
    spec: { audiences: [], boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: metadata.name, uid: metadata.uid } },
  })
  const tokens = `${NS}/serviceaccounts/default/token`
  expect((await asNode('POST', tokens, request(mine.json))).status).toBe(201)
  expect((await asNode('POST', tokens, request(theirs.json))).json.message).toContain('scheduled on a different node')
  expect((await asNode('POST', tokens, { spec: {} })).json.message).toContain('requested token not bound to a pod')
  expect((await asNode('POST', `${NS}/serviceaccounts/other/token`, request(mine.json))).status).toBe(403)
})

test('a node writes its own lease', async () => {
  const path = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases'
  expect((await asNode('POST', path, { metadata: { name: 'n1' } })).status).toBe(201)
  expect((await asNode('POST', path, { metadata: { name: 'n2' } })).status).toBe(403)
  expect((await asNode('GET', `${path}/n2`)).status).toBe(403)
  expect((await asNode('GET', path)).json.message).toContain(
    'can only get, create, update, patch, or delete a node lease',
  )
})
