import http2, { type ClientHttp2Session } from 'node:http2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiUnderTest, startApi } from '../support/api.ts'

const GROUP = '/apis/flowcontrol.apiserver.k8s.io/v1'
const SCHEMAS = `${GROUP}/flowschemas`
const LEVELS = `${GROUP}/prioritylevelconfigurations`
const MAPS = '/api/v1/namespaces/default/configmaps'
let api: ApiUnderTest
let session: ClientHttp2Session

beforeAll(async () => {
  // So few that a level with one share has one seat.
  api = await startApi({ maxRequestsInflight: 20, maxMutatingRequestsInflight: 10 })
  session = http2.connect(api.cluster.url, { ca: api.cluster.access.ca })
  const binding = { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' } }
  await api.request('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    ...binding,
    metadata: { name: 'everybody' },
    subjects: [{ kind: 'Group', name: 'system:authenticated', apiGroup: 'rbac.authorization.k8s.io' }],
  })
})
afterAll(async () => {
  session.close()
  await api.stop()
})

const as = (user: string, ...groups: string[]) => ({
  'impersonate-user': user,
  ...(groups.length > 0 && { 'impersonate-group': groups.join(', ') }),
})

/** A schema and a level of its own for one user. */
async function levelFor(user: string, limitResponse: object, verbs = ['*']): Promise<void> {
  const limited = { nominalConcurrencyShares: 1, borrowingLimitPercent: 0, limitResponse }
  await api.request('POST', LEVELS, { metadata: { name: user }, spec: { type: 'Limited', limited } })
  const rule = { verbs, apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true }
  const { json } = await api.request('POST', SCHEMAS, {
    metadata: { name: user },
    spec: {
      priorityLevelConfiguration: { name: user },
      matchingPrecedence: 50,
      distinguisherMethod: { type: 'ByUser' },
      rules: [{ subjects: [{ kind: 'User', user: { name: user } }], resourceRules: [rule] }],
    },
  })
  expect(json.metadata.uid).toBeDefined()
}

/** A request that is worked on until it is given its body. */
function hanging(user: string) {
  const { token } = api.cluster.access
  const stream = session.request({
    ':method': 'POST',
    ':path': MAPS,
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    ...as(user),
  })
  const status = new Promise<number>(resolve => stream.once('response', headers => resolve(Number(headers[':status']))))
  return {
    status,
    finish: (name: string) => stream.end(JSON.stringify({ metadata: { name } })),
    leave: () => stream.close(),
  }
}

async function metric(name: string, ...labels: string[]): Promise<number | undefined> {
  const { text } = await api.request('GET', '/metrics')
  const line = text
    .split('\n')
    .find(l => l.startsWith(`apiserver_flowcontrol_${name}{`) && labels.every(x => l.includes(x)))
  return line === undefined ? undefined : Number(line.split(' ').at(-1))
}

test('every cluster begins with upstream’s objects, and each schema says that its level exists', async () => {
  const levels = (await api.request('GET', LEVELS)).json.items
  const names = (items: { metadata: { name: string } }[]) => items.map(({ metadata }) => metadata.name)
  expect(names(levels)).toEqual([
    'catch-all',
    'exempt',
    'global-default',
    'leader-election',
    'node-high',
    'system',
    'workload-high',
    'workload-low',
  ])
  await expect
    .poll(async () => {
      const { items } = (await api.request('GET', SCHEMAS)).json
      // biome-ignore lint/suspicious/noExplicitAny: whatever the server answered
      return items.map(({ metadata, status }: any) => [metadata.name, status.conditions?.[0].reason])
    })
    .toEqual(
      [
        'catch-all',
        'exempt',
        'global-default',
        'kube-controller-manager',
        'kube-scheduler',
        'kube-system-service-accounts',
        'probes',
        'service-accounts',
        'system-leader-election',
        'system-node-high',
        'system-nodes',
      ].map(name => [name, 'Found']),
    )
  const { metadata, status } = (await api.request('GET', `${SCHEMAS}/probes`)).json
  expect(metadata.annotations).toEqual({ 'apf.kubernetes.io/autoupdate-spec': 'true' })
  expect(status.conditions[0]).toMatchObject({
    type: 'Dangling',
    status: 'False',
    message: 'This FlowSchema references the PriorityLevelConfiguration object named "exempt" and it exists',
  })
})

test('the answer says how a request was sorted', async () => {
  const lookup = async (path: string) =>
    // biome-ignore lint/suspicious/noExplicitAny: whatever the server answered
    new Map((await api.request('GET', path)).json.items.map(({ metadata }: any) => [metadata.uid, metadata.name]))
  const [schemas, levels] = [await lookup(SCHEMAS), await lookup(LEVELS)]
  const sorted = async (method: string, path: string, headers = {}) => {
    const { headers: answer } = await api.request(method, path, undefined, headers)
    return [
      schemas.get(answer['x-kubernetes-pf-flowschema-uid']),
      levels.get(answer['x-kubernetes-pf-prioritylevel-uid']),
    ]
  }
  const node = as('system:node:n1', 'system:nodes')
  expect(await sorted('GET', MAPS)).toEqual(['exempt', 'exempt'])
  expect(await sorted('GET', '/readyz', as('jane'))).toEqual(['probes', 'exempt'])
  expect(await sorted('GET', '/api/v1/nodes', node)).toEqual(['system-node-high', 'node-high'])
  expect(await sorted('GET', '/api/v1/pods', node)).toEqual(['system-nodes', 'system'])
  const lease = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/x'
  expect(await sorted('GET', lease, as('system:kube-scheduler'))).toEqual(['system-leader-election', 'leader-election'])
  expect(await sorted('GET', MAPS, as('system:kube-scheduler'))).toEqual(['kube-scheduler', 'workload-high'])
  expect(await sorted('GET', MAPS, as('system:serviceaccount:kube-system:x'))).toEqual([
    'kube-system-service-accounts',
    'workload-high',
  ])
  expect(await sorted('GET', MAPS, as('system:serviceaccount:default:x'))).toEqual(['service-accounts', 'workload-low'])
  expect(await sorted('GET', MAPS, as('jane'))).toEqual(['global-default', 'global-default'])
})

test('objects nobody took charge of are put back as they were; others are left', async () => {
  const patch = (path: string, body: object) =>
    api.request('PATCH', path, body, { 'content-type': 'application/merge-patch+json' })
  const precedence = async (name: string) =>
    (await api.request('GET', `${SCHEMAS}/${name}`)).json.spec?.matchingPrecedence
  await patch(`${SCHEMAS}/service-accounts`, { spec: { matchingPrecedence: 8000 } })
  await expect.poll(() => precedence('service-accounts')).toBe(9000)
  const annotations = { 'apf.kubernetes.io/autoupdate-spec': 'false' }
  await patch(`${SCHEMAS}/service-accounts`, { metadata: { annotations }, spec: { matchingPrecedence: 8000 } })
  await api.request('DELETE', `${SCHEMAS}/kube-scheduler`)
  await expect.poll(() => precedence('kube-scheduler')).toBe(800)
  expect(await precedence('service-accounts')).toBe(8000)
  const { status, json } = await patch(`${LEVELS}/catch-all`, { spec: { limited: { nominalConcurrencyShares: 9 } } })
  expect([status, json.message]).toEqual([422, expect.stringContaining('must equal the fixed value')])
})

test('a schema whose level is missing says so and is passed by', async () => {
  const rule = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'] }
  await api.request('POST', SCHEMAS, {
    metadata: { name: 'lost' },
    spec: {
      priorityLevelConfiguration: { name: 'nowhere' },
      matchingPrecedence: 10,
      rules: [{ subjects: [{ kind: 'User', user: { name: 'lost' } }], resourceRules: [rule] }],
    },
  })
  const condition = async () => (await api.request('GET', `${SCHEMAS}/lost`)).json.status.conditions?.[0]
  await expect.poll(async () => (await condition())?.status).toBe('True')
  expect((await condition()).message).toBe(
    'This FlowSchema references the PriorityLevelConfiguration object named "nowhere" but there is no such object',
  )
  expect((await api.request('GET', MAPS, undefined, as('lost'))).status).toBe(200)
  const limited = { limitResponse: { type: 'Reject' } }
  await api.request('POST', LEVELS, { metadata: { name: 'nowhere' }, spec: { type: 'Limited', limited } })
  await expect.poll(async () => (await condition())?.status).toBe('False')
})

test('what a level without queues has no room for is refused, with a time to stay away', async () => {
  await levelFor('reject', { type: 'Reject' })
  const first = hanging('reject')
  await expect.poll(() => metric('current_executing_requests', 'flow_schema="reject"')).toBe(1)
  const refused = await api.request('GET', MAPS, undefined, as('reject'))
  expect([refused.status, refused.headers['retry-after']]).toEqual([429, '1'])
  expect(refused.json).toMatchObject({
    reason: 'TooManyRequests',
    message: 'Too many requests, please try again later.',
  })
  expect(refused.headers['x-kubernetes-pf-flowschema-uid']).toBeDefined()
  expect(await metric('rejected_requests_total', 'flow_schema="reject"', 'reason="concurrency-limit"')).toBe(1)
  first.finish('r1')
  expect(await first.status).toBe(201)
  expect((await api.request('GET', MAPS, undefined, as('reject'))).status).toBe(200)
})

test('a request waits for its turn in a queue, and others are not held up by it', async () => {
  await levelFor('queue', { type: 'Queue', queuing: { queues: 4, handSize: 1, queueLengthLimit: 2 } })
  const first = hanging('queue')
  await expect.poll(() => metric('current_executing_requests', 'flow_schema="queue"')).toBe(1)
  const second = api.request('GET', MAPS, undefined, as('queue'))
  await expect.poll(() => metric('current_inqueue_requests', 'flow_schema="queue"')).toBe(1)
  expect((await api.request('GET', MAPS, undefined, as('jane'))).status).toBe(200)
  const dumped = async (what: string) =>
    (await api.request('GET', `/debug/api_priority_and_fairness/dump_${what}`)).text
      .split('\n')
      .filter(line => line.startsWith('queue,'))
      .map(line => line.split(/, */).map(cell => cell.trim()))
  expect(await dumped('priority_levels')).toEqual([['queue', '1', 'false', 'false', '1', '1', '1', '0', '0', '0']])
  expect(await dumped('queues')).toHaveLength(4)
  expect((await dumped('requests')).map(([, schema, , index, flow]) => [schema, index, flow])).toEqual([
    ['queue', '0', 'queue'],
    ['queue', '-1', 'queue'],
  ])
  first.finish('q1')
  expect((await second).status).toBe(200)
  expect(await metric('dispatched_requests_total', 'flow_schema="queue"')).toBe(2)
  expect(await metric('request_wait_duration_seconds_count', 'flow_schema="queue"', 'execute="true"')).toBe(2)
})

test('who leaves while waiting leaves the queue', async () => {
  await levelFor('leaver', { type: 'Queue', queuing: { queues: 1, handSize: 1, queueLengthLimit: 2 } })
  const first = hanging('leaver')
  await expect.poll(() => metric('current_executing_requests', 'flow_schema="leaver"')).toBe(1)
  const second = hanging('leaver')
  await expect.poll(() => metric('current_inqueue_requests', 'flow_schema="leaver"')).toBe(1)
  second.leave()
  await expect.poll(() => metric('current_inqueue_requests', 'flow_schema="leaver"')).toBe(0)
  first.finish('l1')
  expect(await first.status).toBe(201)
})

test('a watch that has caught up takes no place', async () => {
  await levelFor('watcher', { type: 'Reject' })
  const { token } = api.cluster.access
  const stream = session.request({ ':path': `${MAPS}?watch=1`, authorization: `Bearer ${token}`, ...as('watcher') })
  await new Promise(resolve => stream.once('response', resolve))
  await expect.poll(() => metric('current_executing_requests', 'flow_schema="watcher"')).toBe(0)
  expect((await api.request('GET', MAPS, undefined, as('watcher'))).status).toBe(200)
  stream.close()
})
