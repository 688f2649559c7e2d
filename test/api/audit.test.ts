import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { issueLeaf, makeAuthority } from '../../src/cluster/pki/certificates.ts'
import { type ApiUnderTest, startApi } from '../support/api.ts'

const MAPS = '/api/v1/namespaces/default/configmaps'
const SECRETS = '/api/v1/namespaces/default/secrets'
const folder = mkdtempSync(path.join(tmpdir(), 'audit-'))
const log = path.join(folder, 'audit.log')
let api: ApiUnderTest | undefined

beforeEach(() => rmSync(log, { force: true }))
afterEach(async () => {
  await api?.stop()
  api = undefined
})
afterAll(() => rmSync(folder, { recursive: true }))

function policyFile(...rules: object[]): string {
  const file = path.join(folder, 'policy.yaml')
  writeFileSync(file, JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules }))
  return file
}

/** A server that records what the rules say of requests over the network. */
async function start(...rules: object[]): Promise<ApiUnderTest> {
  api = await startApi({
    auditPolicyFile: policyFile({ level: 'None', users: ['system:apiserver'] }, ...rules),
    auditLogPath: log,
  })
  return api
}

// biome-ignore lint/suspicious/noExplicitAny: tests look at whatever was recorded
const events = (): any[] =>
  readFileSync(log, 'utf8')
    .trimEnd()
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line))

test('at Metadata an event says who did what and what became of it, at both stages', async () => {
  const { request } = await start({ level: 'Metadata' })
  const body = { metadata: { name: 'a' }, stringData: { word: 'hush' } }
  const { headers } = await request('POST', `${SECRETS}?fieldManager=me`, body, {
    'user-agent': 'tester/1.0',
    'audit-id': 'my-request',
    'x-forwarded-for': '203.0.113.7',
  })
  expect(headers['audit-id']).toBe('my-request')
  const [received, complete] = events()
  expect(received).toEqual({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: 'my-request',
    stage: 'RequestReceived',
    requestURI: `${SECRETS}?fieldManager=me`,
    verb: 'create',
    user: { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] },
    sourceIPs: ['203.0.113.7', '127.0.0.1'],
    userAgent: 'tester/1.0',
    objectRef: { resource: 'secrets', namespace: 'default', apiVersion: 'v1' },
    requestReceivedTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
    stageTimestamp: expect.any(String),
  })
  expect(complete).toEqual({
    ...received,
    stage: 'ResponseComplete',
    objectRef: { ...received.objectRef, name: 'a' },
    responseStatus: { metadata: {}, code: 201 },
    stageTimestamp: expect.any(String),
    annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' },
  })
  expect(readFileSync(log, 'utf8')).not.toContain('hush')
  expect(readFileSync(log, 'utf8')).not.toContain(api!.cluster.access.token)
})

test('at RequestResponse both bodies are there, in JSON whatever they travelled as, without managedFields if asked', async () => {
  const { request } = await start({
    level: 'RequestResponse',
    omitManagedFields: true,
    omitStages: ['RequestReceived'],
  })
  await request('POST', MAPS, 'metadata: {name: a}\ndata: {x: v}', { 'content-type': 'application/yaml' })
  await request('GET', `${MAPS}/a`, undefined, { accept: 'application/vnd.kubernetes.protobuf' })
  await request('PATCH', `${MAPS}/a`, { data: { x: 'z' } }, { 'content-type': 'application/merge-patch+json' })
  await request('GET', MAPS)
  await request('DELETE', `${MAPS}/a`, { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 })
  const [created, read, patched, listed, deleted] = events()
  expect(created.requestObject).toEqual({ metadata: { name: 'a' }, data: { x: 'v' } })
  expect(created.responseObject).toMatchObject({ kind: 'ConfigMap', metadata: { name: 'a' }, data: { x: 'v' } })
  expect(created.responseObject.metadata).not.toHaveProperty('managedFields')
  expect(read.responseObject).toMatchObject({ kind: 'ConfigMap', data: { x: 'v' } })
  expect(patched).toMatchObject({ verb: 'patch', requestObject: { data: { x: 'z' } } })
  expect(listed.responseObject).toMatchObject({ kind: 'ConfigMapList', items: [{ metadata: { name: 'a' } }] })
  expect(listed.responseObject.items[0].metadata).not.toHaveProperty('managedFields')
  expect(deleted).toMatchObject({
    requestObject: { kind: 'DeleteOptions', gracePeriodSeconds: 0 },
    responseStatus: { status: 'Success', code: 200 },
    responseObject: { kind: 'Status', status: 'Success' },
  })
})

test('what fails says why: no such object, no right, no such user', async () => {
  const { request } = await start({ level: 'Metadata', omitStages: ['RequestReceived'] })
  await request('GET', `${MAPS}/none`)
  await request('GET', SECRETS, undefined, { 'impersonate-user': 'jane', 'impersonate-group': 'devs' })
  await request('GET', SECRETS, undefined, { authorization: 'Bearer wrong' })
  const [missing, forbidden, unknown] = events()
  expect(missing.responseStatus).toEqual({
    metadata: {},
    status: 'Failure',
    message: 'configmaps "none" not found',
    reason: 'NotFound',
    details: { name: 'none', kind: 'configmaps' },
    code: 404,
  })
  expect(forbidden).toMatchObject({
    user: { username: 'kubernetes-admin' },
    impersonatedUser: { username: 'jane', groups: ['devs', 'system:authenticated'] },
    responseStatus: { code: 403, reason: 'Forbidden' },
    annotations: { 'authorization.k8s.io/decision': 'forbid' },
  })
  expect(unknown).toMatchObject({
    stage: 'ResponseStarted',
    user: {},
    responseStatus: { code: 401, message: 'Authentication failed, attempted: bearer' },
  })
  expect(readFileSync(log, 'utf8')).not.toContain('wrong')
})

test('a watch is recorded when it begins to answer and when it ends', async () => {
  const { request, watch } = await start({
    level: 'RequestResponse',
    resources: [{ resources: ['configmaps'] }],
    verbs: ['watch'],
  })
  await request('POST', MAPS, { metadata: { name: 'a' } })
  await watch(`${MAPS}?watch=1`, seen => seen.length > 0)
  await expect
    .poll(() => events().map(({ stage }) => stage))
    .toEqual(['RequestReceived', 'ResponseStarted', 'ResponseComplete'])
  expect(events()[1].responseStatus).toEqual({ metadata: {}, code: 200 })
})

test('the reason names the binding that allows', async () => {
  const { request } = await start({ level: 'Metadata', users: ['kubernetes-admin'], omitStages: ['RequestReceived'] })
  await request('GET', '/version', undefined, { 'impersonate-user': 'jane' })
  expect(events()[0].annotations['authorization.k8s.io/reason']).toBe(
    'RBAC: allowed by ClusterRoleBinding "system:discovery" of ClusterRole "system:discovery" to Group "system:authenticated"',
  )
})

test('admission says what it would have refused: Pod Security, policies', async () => {
  const { request } = await start({ level: 'Metadata', verbs: ['create'], omitStages: ['RequestReceived'] })
  const audit = { 'pod-security.kubernetes.io/audit': 'baseline' }
  await request('POST', '/api/v1/namespaces', { metadata: { name: 'judged', labels: audit } })
  const admission = '/apis/admissionregistration.k8s.io/v1'
  const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }
  await request('POST', `${admission}/validatingadmissionpolicies`, {
    metadata: { name: 'short' },
    spec: {
      matchConstraints: { resourceRules: [rule] },
      validations: [{ expression: 'true' }, { expression: 'object.metadata.name.size() < 3', message: 'too long' }],
    },
  })
  await request('POST', `${admission}/validatingadmissionpolicybindings`, {
    metadata: { name: 'everywhere' },
    spec: { policyName: 'short', validationActions: ['Audit'] },
  })
  const accounts = '/api/v1/namespaces/judged/serviceaccounts'
  await request('POST', accounts, { metadata: { name: 'default' } })
  const containers = [{ name: 'a', image: 'a', securityContext: { privileged: true } }]
  const made = await request('POST', '/api/v1/namespaces/judged/pods', {
    metadata: { name: 'long' },
    spec: { containers },
  })
  expect(made.json.message ?? made.status).toBe(201)
  const { annotations } = events().at(-1)
  expect(annotations).toMatchObject({
    'pod-security.kubernetes.io/enforce-policy': 'privileged:latest',
    'pod-security.kubernetes.io/audit-violations':
      'would violate PodSecurity "baseline:latest": privileged (container "a" must not set securityContext.privileged=true)',
  })
  expect(JSON.parse(annotations['validation.policy.admission.k8s.io/validation_failure'])).toEqual([
    { message: 'too long', policy: 'short', binding: 'everywhere', expressionIndex: 1, validationActions: ['Audit'] },
  ])
})

test('clients inside the process are recorded, too', async () => {
  api = await startApi({
    auditPolicyFile: policyFile({ level: 'Request', verbs: ['create'], resources: [{ resources: ['namespaces'] }] }),
    auditLogPath: log,
  })
  expect(events().filter(({ objectRef }) => objectRef.name === 'kube-system')).toMatchObject([
    {
      stage: 'ResponseComplete',
      user: { username: 'system:apiserver' },
      requestURI: '/api/v1/namespaces?fieldManager=tsukube',
      responseStatus: { code: 201 },
    },
  ])
})

test('events are posted to a webhook, in lists', async () => {
  const authority = await makeAuthority(Date.now())
  const { certificate, key } = await issueLeaf(authority, { commonName: 'audit', hosts: ['127.0.0.1'] }, Date.now())
  const lists: { kind: string; items: { auditID: string }[]; authorization?: string }[] = []
  const server = https.createServer({ cert: certificate, key }, async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    lists.push({ ...JSON.parse(Buffer.concat(chunks).toString()), authorization: request.headers.authorization })
    response.end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  try {
    writeFileSync(path.join(folder, 'ca.pem'), authority.certificate)
    const config = path.join(folder, 'webhook.yaml')
    const cluster = {
      server: `https://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
      'certificate-authority': 'ca.pem',
    }
    writeFileSync(
      config,
      JSON.stringify({
        clusters: [{ name: 'c', cluster }],
        users: [{ name: 'u', user: { token: 'letmein' } }],
        contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
        'current-context': 'x',
      }),
    )
    api = await startApi({
      auditPolicyFile: policyFile({ level: 'Metadata', users: ['kubernetes-admin'], omitStages: ['RequestReceived'] }),
      auditWebhookConfigFile: config,
      auditWebhookBatchMaxSize: 2,
    })
    for (const id of ['a', 'b', 'c']) await api.request('GET', MAPS, undefined, { 'audit-id': id })
    await expect.poll(() => lists.length).toBe(1)
    expect(lists[0]).toMatchObject({
      kind: 'EventList',
      authorization: 'Bearer letmein',
      items: [{ auditID: 'a' }, { auditID: 'b' }],
    })
    await api.stop()
    api = undefined
    expect(lists[1]?.items.map(({ auditID }) => auditID)).toEqual(['c'])
  } finally {
    server.close()
    server.closeAllConnections()
  }
})

test('a policy that cannot be used is refused at the start', async () => {
  await expect(
    startApi({ auditPolicyFile: policyFile({ level: 'Everything' }), auditLogPath: log }),
  ).rejects.toMatchObject({
    what: expect.stringContaining('The audit policy'),
    why: expect.stringContaining('rules[0].level: Unsupported value: "Everything"'),
  })
})
