import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { pod } from '../../src/api/core/pod.ts'
import { formatYaml } from '../../src/apimachinery/yaml.ts'
import { type Cluster, createCluster } from '../../src/cluster/create-cluster.ts'

const WAIT = { timeout: 10_000, interval: 20 }
const namespace = 'default'
const folder = mkdtempSync(path.join(tmpdir(), 'tsukube-scheduler-'))

/** What the extender was asked, and what it answers, by the last part of the URL. */
const asked: { verb: string; body: Record<string, unknown> }[] = []
let answers: Record<string, (body: Record<string, unknown>) => unknown> = {}
let extender: Server
let cluster: Cluster

beforeAll(async () => {
  extender = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const verb = request.url!.split('/').at(-1)!
    const body = JSON.parse(Buffer.concat(chunks).toString())
    asked.push({ verb, body })
    const answer = answers[verb]?.(body)
    response.writeHead(answer === undefined ? 500 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer ?? {}))
  })
  await new Promise<void>(resolve => extender.listen(0, '127.0.0.1', resolve))
  const { port } = extender.address() as AddressInfo
  const file = path.join(folder, 'scheduler.yaml')
  const gpu = { name: 'example.com/gpu', ignoredByScheduler: true }
  const one = {
    urlPrefix: `http://127.0.0.1:${port}/scheduler`,
    filterVerb: 'filter',
    prioritizeVerb: 'prioritize',
    weight: 100,
    bindVerb: 'bind',
    nodeCacheCapable: true,
    managedResources: [gpu],
  }
  writeFileSync(
    file,
    formatYaml({
      apiVersion: 'kubescheduler.config.k8s.io/v1',
      kind: 'KubeSchedulerConfiguration',
      profiles: [
        { schedulerName: 'default-scheduler' },
        {
          schedulerName: 'packer',
          plugins: { score: { disabled: [{ name: '*' }], enabled: [{ name: 'NodeResourcesFit' }] } },
          pluginConfig: [{ name: 'NodeResourcesFit', args: { scoringStrategy: { type: 'MostAllocated' } } }],
        },
      ],
      extenders: [one],
    }),
  )
  cluster = await createCluster({ hollowNodes: 3, schedulerConfig: file })
})
beforeEach(() => {
  asked.length = 0
  answers = {}
})
afterAll(async () => {
  await cluster.stop()
  extender.closeAllConnections()
  extender.close()
  rmSync(folder, { recursive: true })
})

const create = (name: string, requests: Record<string, string>, more: object = {}) =>
  cluster.client.create(pod, {
    metadata: { name, namespace },
    spec: { containers: [{ name: 'main', image: 'main:1', resources: { requests, limits: requests } }], ...more },
  })
const nodeOf = (name: string) =>
  vi.waitFor(async () => {
    const { spec } = await cluster.client.get(pod, { namespace, name })
    expect(spec.nodeName).toBeDefined()
    return spec.nodeName
  }, WAIT)
const messageOf = (name: string, text: string) =>
  vi.waitFor(async () => {
    const { status } = await cluster.client.get(pod, { namespace, name })
    expect(status.conditions?.find(({ type }) => type === 'PodScheduled')?.message).toContain(text)
  }, WAIT)

const names = (body: Record<string, unknown>) => body.NodeNames as string[]

test('an extender filters, scores and binds pods that want what it looks after, which nobody else counts', async () => {
  answers = {
    filter: body => ({ NodeNames: names(body).filter(name => name !== 'node-0'), FailedNodes: { 'node-0': 'no gpu' } }),
    prioritize: body => names(body).map(Host => ({ Host, Score: Host === 'node-2' ? 10 : 0 })),
    bind: body => {
      const { PodName: name, Node } = body as { PodName: string; Node: string }
      const target = { kind: 'Node', name: Node }
      const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace }, target }
      void cluster.client.createSubresource(pod, { namespace, name }, 'binding', binding)
      return {}
    },
  }
  await create('wants', { 'example.com/gpu': '1' })
  expect(await nodeOf('wants')).toBe('node-2')
  expect(asked.map(({ verb }) => verb)).toEqual(['filter', 'prioritize', 'bind'])
  expect(asked[0]!.body).toMatchObject({ Pod: { metadata: { name: 'wants' } }, Nodes: null })
  asked.length = 0
  await create('does-not', { cpu: '100m' })
  await nodeOf('does-not')
  expect(asked).toEqual([])
})

test('its reasons stand in the message, and its errors hold the pod back', async () => {
  answers = {
    filter: body => ({ NodeNames: [], FailedNodes: Object.fromEntries(names(body).map(name => [name, 'no gpu'])) }),
  }
  await create('refused', { 'example.com/gpu': '1' })
  await messageOf('refused', '0/3 nodes are available: 3 no gpu.')
  answers = { filter: () => ({ Error: 'out of order' }) }
  await create('failed', { 'example.com/gpu': '1' })
  await messageOf('failed', 'out of order')
  answers = {}
  await create('broken', { 'example.com/gpu': '1' })
  await messageOf('broken', 'failed filter with extender at URL')
})

test('a second profile places its own pods in its own way', async () => {
  await create('first', { cpu: '1' }, { schedulerName: 'packer' })
  const first = await nodeOf('first')
  for (const name of ['second', 'third']) {
    await create(name, { cpu: '1' }, { schedulerName: 'packer' })
    expect(await nodeOf(name)).toBe(first)
  }
})
