/**
 * Requests per second of an API server over HTTP/2, durable writes included. Prints JSON.
 *
 *   npx tsx bench/api.ts --kubeconfig FILE [--clients 64] [--seconds 3]
 *
 * The server is any that the kubeconfig names: one of ours ("bin/tsukube up --nodes 0"), or another to compare with.
 */
import { readFileSync } from 'node:fs'
import http2, { type ClientHttp2Session } from 'node:http2'
import { parseArgs } from 'node:util'
import { parseYaml } from '../src/apimachinery/yaml.ts'

const { values } = parseArgs({
  options: {
    kubeconfig: { type: 'string' },
    clients: { type: 'string', default: '64' },
    seconds: { type: 'string', default: '3' },
    pods: { type: 'string', default: '10000' },
    watchers: { type: 'string', default: '100' },
  },
})

interface Config {
  clusters: { cluster: Record<string, string> }[]
  users: { user: Record<string, string> }[]
}

const config = parseYaml(readFileSync(values.kubeconfig!, 'utf8')) as Config
const plain = (text: string | undefined) => (text ? Buffer.from(text, 'base64').toString() : undefined)
const { cluster } = config.clusters[0]!
const { user } = config.users[0]!
const connect = () =>
  http2.connect(cluster.server!, {
    ca: plain(cluster['certificate-authority-data']),
    cert: plain(user['client-certificate-data']),
    key: plain(user['client-key-data']),
  })
const token = user.token ? { authorization: `Bearer ${user.token}` } : {}

const clients = Number(values.clients)
const sessions = Array.from({ length: Math.min(8, clients) }, connect)

async function request(session: ClientHttp2Session, method: string, path: string, body?: object): Promise<Buffer> {
  const headers = { ':method': method, ':path': path, ...token, ...(body && { 'content-type': 'application/json' }) }
  const stream = session.request(headers, { endStream: false })
  stream.end(body && JSON.stringify(body))
  let status = 0
  stream.on('response', h => {
    status = Number(h[':status'])
  })
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  const answer = Buffer.concat(chunks)
  if (status >= 300) throw new Error(`${method} ${path}: ${status} ${answer.toString().slice(0, 300)}`)
  return answer
}

/** Runs `work` on so many clients at once for some seconds, or until it says there is nothing left. */
async function rate(count: number, work: (session: ClientHttp2Session, i: number) => Promise<boolean>) {
  const latencies: number[] = []
  const start = performance.now()
  const end = start + Number(values.seconds) * 1000
  let next = 0
  await Promise.all(
    Array.from({ length: count }, async (_, client) => {
      const session = sessions[client % sessions.length]!
      for (;;) {
        const began = performance.now()
        if (began > end || !(await work(session, next++))) return
        latencies.push(performance.now() - began)
      }
    }),
  )
  const seconds = (performance.now() - start) / 1000
  latencies.sort((a, b) => a - b)
  const at = (q: number) => Number((latencies[Math.floor(latencies.length * q)] ?? 0).toFixed(2))
  return { perSecond: Math.round(latencies.length / seconds), p50ms: at(0.5), p99ms: at(0.99) }
}

const NAMESPACE = 'bench'
const MAPS = `/api/v1/namespaces/${NAMESPACE}/configmaps`
const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`
const first = sessions[0]!
await request(first, 'POST', '/api/v1/namespaces', { metadata: { name: NAMESPACE } }).catch(() => {})
await request(first, 'POST', `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`, {
  metadata: { name: 'default' },
}).catch(() => {})

const data = { text: 'x'.repeat(1024) }
const map = (name: string) => ({ metadata: { name, labels: { app: 'bench' } }, data })
const pod = (name: string) => ({
  metadata: { name, labels: { app: 'bench', tier: 'front' } },
  spec: {
    nodeSelector: { nowhere: 'true' },
    containers: [
      {
        name: 'main',
        image: 'nginx:1',
        ports: [{ containerPort: 80 }],
        env: [{ name: 'A', value: 'b' }],
        resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '500m', memory: '128Mi' } },
        readinessProbe: { httpGet: { path: '/', port: 80 } },
      },
    ],
  },
})

const results: Record<string, unknown> = {}
let made = 0
for (const count of [1, clients]) {
  const suffix = count === 1 ? '_one_client' : ''
  const from = made
  results[`configmap_create${suffix}`] = await rate(count, async (s, i) => {
    await request(s, 'POST', MAPS, map(`m-${from + i}`))
    made = Math.max(made, from + i + 1)
    return true
  })
  results[`configmap_get${suffix}`] = await rate(count, async (s, i) => {
    await request(s, 'GET', `${MAPS}/m-${from + (i % (made - from))}`)
    return true
  })
  results[`configmap_update${suffix}`] = await rate(count, async (s, i) => {
    const { data: _, ...rest } = map(`m-${from + (i % (made - from))}`)
    await request(s, 'PUT', `${MAPS}/${rest.metadata.name}`, { ...rest, data: { text: `${i}` } })
    return true
  })
  const last = made
  results[`configmap_delete${suffix}`] = await rate(count, async (s, i) => {
    if (from + i >= last) return false
    await request(s, 'DELETE', `${MAPS}/m-${from + i}`)
    return true
  })
}
await request(first, 'DELETE', MAPS)

const total = Number(values.pods)
const podStart = performance.now()
let created = 0
await Promise.all(
  Array.from({ length: clients }, async (_, client) => {
    while (created < total) await request(sessions[client % sessions.length]!, 'POST', PODS, pod(`p-${created++}`))
  }),
)
results.pod_create = { perSecond: Math.round(total / ((performance.now() - podStart) / 1000)) }
results.pod_get = await rate(clients, async (s, i) => {
  await request(s, 'GET', `${PODS}/p-${i % total}`)
  return true
})
const listStart = performance.now()
const listed = await request(first, 'GET', PODS)
results.pod_list = { items: total, bytes: listed.length, ms: Number((performance.now() - listStart).toFixed(1)) }

results.watch_fan_out = await fanOut()
const deleteStart = performance.now()
await request(first, 'DELETE', PODS)
results.pod_delete_collection = { items: total, ms: Number((performance.now() - deleteStart).toFixed(1)) }
await request(first, 'DELETE', `/api/v1/namespaces/${NAMESPACE}`).catch(() => {})
for (const session of sessions) session.close()
process.stdout.write(`${JSON.stringify(results, null, 2)}\n`)

/** Events delivered per second to many watchers of one namespace while one object changes as fast as it can. */
async function fanOut() {
  const watchers = Number(values.watchers)
  const changes = 500
  let delivered = 0
  let finish: () => void = () => {}
  const finished = new Promise<void>(resolve => {
    finish = resolve
  })
  const streams = Array.from({ length: watchers }, (_, i) => {
    const stream = sessions[i % sessions.length]!.request({ ':path': `${MAPS}?watch=1`, ...token })
    stream.on('data', (chunk: Buffer) => {
      for (const byte of chunk) if (byte === 10) delivered++
      if (delivered >= watchers * (changes + 1)) finish()
    })
    return stream
  })
  await Promise.all(streams.map(stream => new Promise(resolve => stream.once('response', resolve))))
  const start = performance.now()
  await request(first, 'POST', MAPS, map('changing'))
  let left = changes
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      while (left-- > 0) {
        await request(first, 'PUT', `${MAPS}/changing`, { ...map('changing'), data: { n: String(left) } })
      }
    }),
  )
  await Promise.race([finished, new Promise(resolve => setTimeout(resolve, 10_000))])
  const seconds = (performance.now() - start) / 1000
  for (const stream of streams) stream.close()
  return { watchers, delivered, perSecond: Math.round(delivered / seconds) }
}
