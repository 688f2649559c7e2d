import { once } from 'node:events'
import http2 from 'node:http2'
import tls from 'node:tls'
import v8 from 'node:v8'
import vm from 'node:vm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allKinds } from '../../src/api/index.ts'
import { oldVersions } from '../../src/api/old-versions/index.ts'
import { decode } from '../../src/apimachinery/schema/decode.ts'
import type { Kind, KubeObject } from '../../src/apimachinery/schema/kind.ts'
import { encodeProtobuf } from '../../src/apimachinery/schema/protobuf.ts'
import { type Answer, type ApiUnderTest, startApi } from '../support/api.ts'

/** Bodies meant to break the server: of every kind, cut off, very long, many at once. */

let api: ApiUnderTest
beforeAll(async () => {
  api = await startApi({ runtimeConfig: 'api/all=true' })
  await api.request('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } })
})
afterAll(() => api.stop())

const MAPS = '/api/v1/namespaces/default/configmaps'
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments'
const kinds = ([...allKinds, ...oldVersions] as unknown as Kind[]).filter(kind => kind.verbs.includes('create'))
const pathOf = ({ group, version, plural, scope }: Kind) =>
  `${group ? `/apis/${group}` : '/api'}/${version}${scope === 'Namespaced' ? '/namespaces/default' : ''}/${plural}`
const type = (name: string) => ({ 'content-type': name })
const messageOf = ({ json, text }: Answer) => json?.message ?? text

describe.each(kinds.map(kind => [`${kind.apiVersion} ${kind.kind}`, kind] as const))('%s', (_, kind) => {
  const path = pathOf(kind)
  const body = { apiVersion: kind.apiVersion, kind: kind.kind, metadata: { name: 'hostile' } }

  test('is not read from bodies of other types', async () => {
    for (const wrong of ['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'application/cbor-seq']) {
      const answer = await api.request('POST', path, body, type(wrong))
      expect([answer.status, answer.json.reason], wrong).toEqual([415, 'UnsupportedMediaType'])
    }
    if (!kind.verbs.includes('patch')) return
    for (const wrong of ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']) {
      const { status } = await api.request('PATCH', `${path}/hostile`, body, type(wrong))
      expect(status, wrong).toBe(415)
    }
  })

  test('is not read from bodies that break off', async () => {
    const labels = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`label-${i}`, 'x'.repeat(20)]))
    const whole = { ...body, metadata: { ...body.metadata, labels } }
    const object = decode(kind.message, whole, { defaults: true }) as KubeObject
    const json = Buffer.from(JSON.stringify(whole))
    const protobuf = encodeProtobuf(kind, Object.assign(object, { apiVersion: kind.apiVersion, kind: kind.kind }))
    for (const [bytes, name] of [
      [json, 'application/json'],
      [Buffer.from(protobuf), 'application/vnd.kubernetes.protobuf'],
    ] as const) {
      for (const part of [0.1, 0.5, 0.9]) {
        const cut = bytes.subarray(0, Math.floor(bytes.length * part))
        const answer = await api.request('POST', `${path}?dryRun=All`, cut, type(name))
        // Protobuf may break off between two fields.
        expect([400, 422], `${name} ${part}: ${answer.text}`).toContain(answer.status)
      }
    }
  })
})

describe('requests that break off', () => {
  const inflight = async () =>
    Number(/^apiserver_current_inflight_requests (\d+)$/m.exec((await api.request('GET', '/metrics')).text)?.[1])

  test('as HTTP/2 streams leave nothing behind', async () => {
    const { url, access } = api.cluster
    const session = http2.connect(url, { ca: access.ca })
    const head = {
      ':method': 'POST',
      ':path': MAPS,
      authorization: `Bearer ${access.token}`,
      ...type('application/json'),
    }
    const streams = Array.from({ length: 50 }, () => session.request(head, { endStream: false }))
    for (const [i, stream] of streams.entries()) {
      stream.on('error', () => {})
      stream.write(`{"metadata":{"name":"broken-${i}"},"data":{"a":"`)
    }
    await expect.poll(inflight).toBeGreaterThan(50)
    for (const stream of streams.slice(0, 25)) stream.close(http2.constants.NGHTTP2_CANCEL)
    session.destroy()
    // The question itself is one.
    await expect.poll(inflight).toBe(1)
    const { items } = (await api.request('GET', MAPS)).json
    expect(items.filter(({ metadata }: KubeObject) => metadata.name!.startsWith('broken'))).toEqual([])
  })

  test('as HTTP/1.1 chunks are bad requests, or nothing', async () => {
    const { url, access } = api.cluster
    const exchange = async (tail: string): Promise<string> => {
      const socket = tls.connect({ host: '127.0.0.1', port: Number(new URL(url).port), ca: access.ca })
      await once(socket, 'secureConnect')
      let text = ''
      socket.on('data', chunk => {
        text += chunk
      })
      const head = `POST ${MAPS} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${access.token}\r\ncontent-type: application/json\r\n`
      socket.end(`${head}transfer-encoding: chunked\r\n\r\n${tail}`)
      await once(socket, 'close')
      return text
    }
    for (const tail of [
      '5\r\n{"met',
      'zz\r\n{}\r\n0\r\n\r\n',
      'ffffffffffffffffff\r\n{}',
      '5\r\n{"metadata"}\r\n0\r\n\r\n',
    ]) {
      expect(await exchange(tail)).toMatch(/^$|^HTTP\/1\.1 400 /)
    }
    await expect.poll(inflight).toBe(1)
  })
})

const env = (names: readonly string[]) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'long' },
  spec: {
    selector: { matchLabels: { app: 'long' } },
    template: {
      metadata: { labels: { app: 'long' } },
      spec: { containers: [{ name: 'c', image: 'i', env: names.map(name => ({ name })) }] },
    },
  },
})

describe('lists of 100,000 items', () => {
  const names = Array.from({ length: 100_000 }, (_, i) => `e${i}`)
  const long = env(names)

  beforeAll(async () => {
    expect((await api.request('POST', DEPLOYMENTS, env([]))).status).toBe(201)
  })

  test.each([
    ['PUT', 'application/json', long, 200],
    ['PATCH', 'application/merge-patch+json', long, 200],
    ['PATCH', 'application/strategic-merge-patch+json', long, 200],
    ['PATCH', 'application/strategic-merge-patch+json', env([...names].reverse()), 200],
    ['PATCH', 'application/apply-patch+yaml', long, 200],
    ['PATCH', 'application/apply-patch+yaml', env([...names].reverse()), 200],
    ['PATCH', 'application/strategic-merge-patch+json', { metadata: { finalizers: names.map(n => `a.b/${n}`) } }, 200],
  ])('%s as %s is answered: as done, or as too large for the store', async (method, name, body, status) => {
    const query = name.includes('apply') ? '?fieldManager=f&force=true' : ''
    const answer = await api.request(method, `${DEPLOYMENTS}/long${query}`, body, type(name))
    const outcome = answer.status === 500 ? messageOf(answer).slice(0, 500) : answer.status
    expect([status, 'etcdserver: request is too large']).toContain(outcome)
    expect((await api.request('GET', '/readyz')).text).toBe('ok')
  })

  test('a small body that grows beyond what a store takes is refused', async () => {
    const containers = Array.from({ length: 40_000 }, (_, i) => ({ name: `c${i}`, image: 'i' }))
    const answer = await api.request('POST', '/api/v1/namespaces/default/pods', {
      metadata: { name: 'bomb' },
      spec: { containers },
    })
    expect([answer.status, messageOf(answer)]).toEqual([500, 'etcdserver: request is too large'])
    expect((await api.request('GET', '/api/v1/namespaces/default/pods/bomb')).status).toBe(404)
  })
})

test.each([
  ['query', { ':path': `${MAPS}?labelSelector=${'x'.repeat(1 << 20)}` }],
  ['name', { ':path': `${MAPS}/${'x'.repeat(1 << 20)}` }],
  ['header', { ':path': MAPS, 'x-long': 'x'.repeat(1 << 20) }],
  ['headers', { ':path': MAPS, ...Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`x-${i}`, 'y'])) }],
])('a request with a very long %s is refused, and others are not', async (_, head) => {
  const { url, access } = api.cluster
  const session = http2.connect(url, { ca: access.ca })
  session.on('error', () => {})
  const stream = session.request({ authorization: `Bearer ${access.token}`, ...head })
  const status = await new Promise<number | undefined>(resolve => {
    stream.once('response', headers => resolve(headers[':status']))
    stream.once('error', () => resolve(undefined))
    stream.once('close', () => resolve(undefined))
  })
  session.destroy()
  expect([undefined, 400, 404, 414, 431]).toContain(status)
  expect((await api.request('GET', '/readyz')).text).toBe('ok')
})

test('hostile bodies leave memory where it was', async () => {
  v8.setFlagsFromString('--expose-gc')
  const collect = vm.runInNewContext('gc') as () => void
  const used = () => {
    collect()
    return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers
  }
  const size = 2 << 20
  const deep = '{"a":'.repeat(size / 5)
  const rows = Array.from(
    { length: 12 },
    (_, i) =>
      `a${i}: &a${i} [${Array(9)
        .fill(i ? `*a${i - 1}` : 'x')
        .join(',')}]`,
  )
  const keys = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`k${i}`, 'v']))
  const bodies: [body: string | Buffer | object, type: string][] = [
    [deep, 'application/json'],
    ['['.repeat(size), 'application/yaml'],
    [rows.join('\n'), 'application/yaml'],
    [{ metadata: { name: 'm', labels: { big: 'x'.repeat(size) } } }, 'application/json'],
    [{ metadata: { name: 'm', annotations: keys } }, 'application/json'],
    [`{"metadata":{"name":"m"},"data":{${'"a":"b",'.repeat(size / 8)}"a":"b"}}`, 'application/json'],
    [Buffer.concat([Buffer.from('k8s\0'), Buffer.alloc(size, 0x0a)]), 'application/vnd.kubernetes.protobuf'],
    ['x'.repeat(4 << 20), 'application/json'],
  ]
  const round = async () => {
    for (const [body, name] of bodies) {
      const { status } = await api.request('POST', `${MAPS}?dryRun=All`, body, type(name))
      expect([201, 400, 413, 422]).toContain(status)
    }
  }
  // What is made once and kept.
  await round()
  const before = used()
  for (let i = 0; i < 8; i++) await round()
  expect((used() - before) / (1 << 20)).toBeLessThan(40)
}, 120_000)
