import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type ApiUnderTest, startApi } from '../support/api.ts'
import { patchOf, type ReviewRequest, type WebhookServer, webhookServer } from '../support/webhook-server.ts'

const CONFIGURATIONS = '/apis/admissionregistration.k8s.io/v1'
let api: ApiUnderTest
let hooks: WebhookServer

beforeAll(async () => {
  api = await startApi()
  hooks = await webhookServer()
})
afterAll(async () => {
  await api.stop()
  await hooks.stop()
})
afterEach(async () => {
  for (const kind of ['mutating', 'validating']) {
    await api.request('DELETE', `${CONFIGURATIONS}/${kind}webhookconfigurations`)
  }
  hooks.seen.clear()
  hooks.answers.clear()
})

type Answer = (request: ReviewRequest) => object | undefined
const CONFIG_MAPS = {
  operations: ['CREATE', 'UPDATE'],
  apiGroups: [''],
  apiVersions: ['v1'],
  resources: ['configmaps'],
}

/** Registers a webhook and says what it answers. */
async function webhook(
  type: 'mutating' | 'validating',
  name: string,
  answer: Answer,
  more: object = {},
): Promise<void> {
  hooks.answers.set(`/${name}`, answer)
  const { status, json } = await api.request('POST', `${CONFIGURATIONS}/${type}webhookconfigurations`, {
    metadata: { name },
    webhooks: [
      {
        name: `${name}.example.com`,
        clientConfig: { url: `${hooks.url}/${name}`, caBundle: hooks.caBundle },
        rules: [CONFIG_MAPS],
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
        ...more,
      },
    ],
  })
  expect(json.message ?? status).toBe(201)
}

let last = 0
const create = (data: Record<string, string> = {}, more: object = {}, query = '') =>
  api.request('POST', `/api/v1/namespaces/default/configmaps?${query}`, {
    metadata: { name: `c${++last}`, ...more },
    data,
  })
const set = (key: string, value: string) => patchOf({ op: 'add', path: `/data/${key}`, value })

test('a validating webhook sees the whole request, and its refusal is the answer', async () => {
  await webhook('validating', 'guard', ({ object }) => ({
    allowed: object.data?.good === 'yes',
    status: { message: 'it is not good', code: 418 },
    warnings: ['take care'],
  }))
  const refused = await create({ good: 'no' }, { labels: { a: 'b' } })
  expect(refused.status).toBe(418)
  expect(refused.json.message).toBe('admission webhook "guard.example.com" denied the request: it is not good')
  const good = await create({ good: 'yes' })
  expect(good.status).toBe(201)
  expect(good.headers.warning).toBe('299 - "take care"')
  const [request] = hooks.seen.get('/guard')!
  expect(request).toMatchObject({
    kind: { group: '', version: 'v1', kind: 'ConfigMap' },
    resource: { group: '', version: 'v1', resource: 'configmaps' },
    requestKind: { group: '', version: 'v1', kind: 'ConfigMap' },
    name: `c${last - 1}`,
    namespace: 'default',
    operation: 'CREATE',
    userInfo: { username: expect.any(String), groups: expect.arrayContaining(['system:authenticated']) },
    object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { labels: { a: 'b' } }, data: { good: 'no' } },
    oldObject: null,
    dryRun: false,
    options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' },
  })
})

test('mutating webhooks change objects in turn; what they make is validated', async () => {
  await webhook('mutating', 'a-first', () => set('first', '1'))
  await webhook('mutating', 'b-second', ({ object }) => set('second', `after ${object.data.first}`))
  const { json } = await create({ own: 'x' })
  expect(json.data).toEqual({ own: 'x', first: '1', second: 'after 1' })
  await webhook('mutating', 'c-bad', () => set('not~1a~1key', 'x'))
  const bad = await create({ own: 'x' })
  expect(bad.status).toBe(422)
})

test('a webhook that asks for it sees again what was changed after its turn, once', async () => {
  const count = ({ object }: ReviewRequest) => set('seen', `${Number(object.data?.seen ?? 0) + 1}`)
  await webhook('mutating', 'a-again', count, { reinvocationPolicy: 'IfNeeded' })
  await webhook('mutating', 'b-never', () => set('other', 'x'))
  const { json } = await create({ own: 'x' })
  expect(json.data).toEqual({ own: 'x', seen: '2', other: 'x' })
  expect(hooks.seen.get('/b-never')).toHaveLength(1)
})

test('a webhook that fails stops the request, or is passed by', async () => {
  const nowhere = { clientConfig: { url: 'https://127.0.0.1:1/', caBundle: hooks.caBundle } }
  await webhook('validating', 'open', () => ({}), { ...nowhere, failurePolicy: 'Ignore' })
  expect((await create()).status).toBe(201)
  await webhook('validating', 'closed', () => ({}), nowhere)
  const { status, json } = await create()
  expect(status).toBe(500)
  expect(json.message).toBe(
    'Internal error occurred: failed calling webhook "closed.example.com": failed to call webhook: ' +
      'Post "https://127.0.0.1:1/?timeout=10s": dial tcp 127.0.0.1:1: connect: connection refused',
  )
})

test('a webhook that has been started anew is asked over a new connection', async () => {
  await webhook('validating', 'anew', () => ({ allowed: true }))
  for (let i = 0; i < 20; i++) {
    const writes = [create(), create()]
    expect((await Promise.all(writes)).map(({ status }) => status)).toEqual([201, 201])
    await hooks.stop()
    await hooks.start()
  }
})

test('a webhook that does not answer in time has failed', async () => {
  await webhook('validating', 'slow', () => undefined, { timeoutSeconds: 1 })
  const { json } = await create()
  expect(json.message).toMatch(/failed to call webhook: Post ".*\/slow\?timeout=1s": context deadline exceeded$/)
})

test('answers that do not fit the question are failures', async () => {
  await webhook('validating', 'other', () => ({ uid: 'another', allowed: true }))
  expect((await create()).json.message).toContain('expected response.uid=')
})

test('dry runs reach only webhooks without side effects', async () => {
  await webhook('validating', 'pure', () => ({ allowed: true }))
  expect((await create({}, {}, 'dryRun=All')).status).toBe(201)
  expect(hooks.seen.get('/pure')![0].dryRun).toBe(true)
})

test('selectors and exceptions decide whom a webhook sees', async () => {
  await webhook('validating', 'labelled', () => ({ allowed: false }), {
    objectSelector: { matchLabels: { watched: 'yes' } },
  })
  await webhook('validating', 'elsewhere', () => ({ allowed: false }), {
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
  })
  expect((await create()).status).toBe(201)
  const { json } = await create({}, { labels: { watched: 'yes' } })
  expect(json.message).toBe('admission webhook "labelled.example.com" denied the request without explanation')
})

test('a webhook for another version of a kind sees that version', async () => {
  const rules = [{ ...CONFIG_MAPS, apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'] }]
  await webhook(
    'mutating',
    'hpa',
    () => patchOf({ op: 'add', path: '/spec/targetCPUUtilizationPercentage', value: 33 }),
    {
      rules,
    },
  )
  const scaleTargetRef = { kind: 'Deployment', name: 'web', apiVersion: 'apps/v1' }
  const body = { metadata: { name: 'web' }, spec: { scaleTargetRef, maxReplicas: 3 } }
  const path = '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers'
  const { json } = await api.request('POST', path, body)
  expect(hooks.seen.get('/hpa')![0]).toMatchObject({
    kind: { version: 'v1' },
    requestKind: { version: 'v2' },
    object: { apiVersion: 'autoscaling/v1' },
  })
  expect(json.spec.metrics[0].resource.target.averageUtilization).toBe(33)
})

test('deletions and subresources are seen too', async () => {
  const name = `c${last + 1}`
  await create()
  const operations = ['DELETE']
  await webhook('validating', 'keep', () => ({ allowed: false, status: { reason: 'Forbidden', code: 403 } }), {
    rules: [{ ...CONFIG_MAPS, operations }],
  })
  const refused = await api.request('DELETE', `/api/v1/namespaces/default/configmaps/${name}`)
  expect(refused.json.message).toBe('admission webhook "keep.example.com" denied the request: Forbidden')
  expect(hooks.seen.get('/keep')![0]).toMatchObject({ object: null, oldObject: { metadata: { name } } })

  await webhook('validating', 'tokens', () => ({ allowed: false }), {
    rules: [{ ...CONFIG_MAPS, resources: ['serviceaccounts/token'] }],
  })
  const account = '/api/v1/namespaces/default/serviceaccounts'
  await api.request('POST', account, { metadata: { name: 'someone' } })
  const token = await api.request('POST', `${account}/someone/token`, { spec: {} })
  expect(token.json.message).toContain('admission webhook "tokens.example.com" denied')
  expect(hooks.seen.get('/tokens')![0]).toMatchObject({ kind: { kind: 'TokenRequest' }, subResource: 'token' })
})

test('webhooks never see what decides on webhooks', async () => {
  const all = { operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*'] }
  await webhook('validating', 'everything', () => ({ allowed: false }), { rules: [all] })
  const answer = await api.request('DELETE', `${CONFIGURATIONS}/validatingwebhookconfigurations/everything`)
  expect(answer.status).toBe(200)
})
