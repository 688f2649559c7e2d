/**
 * How long a local cluster takes, from the command to containers, and what it costs when idle. Prints JSON. Needs root and
 * the built program. "cold" begins without any images on the machine, which are then made from Debian packages.
 *
 *   npx tsx bench/cluster.ts [--idle 60] [--pods 5] [--no-cold]
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import https from 'node:https'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { type Pod, pod as podKind } from '../src/api/core/pod.ts'
import { parseYaml } from '../src/apimachinery/yaml.ts'
import { Client } from '../src/client/client.ts'
import { HttpTransport } from '../src/client/http-transport.ts'

const { values } = parseArgs({
  allowNegative: true,
  options: {
    idle: { type: 'string', default: '60' },
    pods: { type: 'string', default: '5' },
    cold: { type: 'boolean', default: true },
  },
})
const NAME = `bench-${process.pid}`
const home = mkdtempSync(path.join(tmpdir(), 'tsukube-bench-'))
const env = {
  ...process.env,
  TSUKUBE_HOME: home,
  TSUKUBE_CACHE: path.join(home, 'cache'),
  TSUKUBE_EGRESS: 'none',
  KUBECONFIG: path.join(home, 'kubeconfig'),
}
const folder = path.join(home, 'clusters', NAME)

interface Run {
  readonly text: string
  readonly seconds: number
}

function tsukube(...args: string[]): Promise<Run> {
  return run(process.execPath, ['bin/tsukube', ...args, '--name', NAME])
}

function run(command: string, args: readonly string[]): Promise<Run> {
  const began = performance.now()
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env })
    let text = ''
    child.stdout.on('data', chunk => {
      text += chunk
    })
    child.stderr.on('data', chunk => {
      text += chunk
    })
    child.on('close', code => (code === 0 ? resolve({ text, seconds: since(began) }) : reject(new Error(text))))
  })
}

const round = (n: number, digits = 2) => Number(n.toFixed(digits))
const since = (began: number) => round((performance.now() - began) / 1000)
const pause = () => new Promise(resolve => setTimeout(resolve, 5))
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await pause()
}

function isReady(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const request = https.get({ host: '127.0.0.1', port, path: '/readyz', rejectUnauthorized: false }, response => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    request.on('error', () => resolve(false))
  })
}

/** Asks the cluster's DNS, from the node, until it knows the API server's service. */
const ASK = `const { Resolver } = require('node:dns').promises
const ask = () => {
  const resolver = new Resolver({ timeout: 100, tries: 1 })
  resolver.setServers(['10.96.0.10'])
  return resolver.resolve4('kubernetes.default.svc.cluster.local').catch(() => new Promise(r => setTimeout(r, 5)).then(ask))
}
ask()`

/** Seconds from the command until the API is ready, DNS answers on the node, and `up` is done: the node is Ready. */
async function measureUp() {
  const began = performance.now()
  const done = tsukube('up')
  const config = path.join(folder, 'cluster.json')
  await until(() => existsSync(config))
  const { port } = JSON.parse(readFileSync(config, 'utf8')) as { port: number }
  const api = until(() => isReady(port)).then(() => since(began))
  const netns = `/run/netns/tsukube-${NAME}-${NAME}`
  const dns = until(() => existsSync(netns))
    .then(() => run('nsenter', [`--net=${netns}`, process.execPath, '-e', ASK]))
    .then(() => since(began))
  return { apiReadySeconds: await api, nodeReadySeconds: (await done).seconds, dnsSeconds: await dns }
}

function connect(): HttpTransport {
  const config = parseYaml(readFileSync(path.join(folder, 'admin.kubeconfig'), 'utf8')) as {
    clusters: { cluster: Record<string, string> }[]
    users: { user: Record<string, string> }[]
  }
  const plain = (text: string | undefined) => Buffer.from(text ?? '', 'base64').toString()
  const [{ cluster }, { user }] = [config.clusters[0]!, config.users[0]!]
  return new HttpTransport({
    server: cluster.server!,
    ca: plain(cluster['certificate-authority-data']),
    certificate: plain(user['client-certificate-data']),
    key: plain(user['client-key-data']),
  })
}

/** Milliseconds from the request for a pod to its being seen Running, one pod after the other, sorted. */
async function measurePods(count: number): Promise<number[]> {
  const transport = connect()
  const client = new Client(transport)
  const times: number[] = []
  const end = new AbortController()
  const seen = new Map<string, () => void>()
  const watching = client.watch(podKind, { namespace: 'default' }, end.signal, ({ object }) => {
    const { metadata, status } = object as Pod
    if (status?.phase === 'Running') seen.get(metadata.name!)?.()
  })
  for (let i = 0; i < count; i++) {
    const name = `bench-${i}`
    const running = new Promise<void>(resolve => seen.set(name, resolve))
    const container = { name: 'main', image: 'busybox', imagePullPolicy: 'IfNotPresent', command: ['sleep', '1000'] }
    const spec = { containers: [container], terminationGracePeriodSeconds: 0 }
    const began = performance.now()
    await client.create(podKind, { metadata: { name, namespace: 'default' }, spec })
    await running
    times.push(Math.round(performance.now() - began))
  }
  await client.deleteCollection(podKind, { namespace: 'default' })
  end.abort()
  await watching.catch(() => {})
  await transport.close()
  return times.sort((a, b) => a - b)
}

/** User and system time of a process so far, in seconds. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}
const residentMegabytes = (pid: number) =>
  Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024)

async function measureIdle(seconds: number) {
  const status = JSON.parse((await tsukube('status', '-o', 'json')).text) as {
    processes: { role: string; pid: number }[]
  }
  const watched = status.processes.filter(p => p.role !== 'init')
  const before = watched.map(p => cpuSeconds(p.pid))
  await new Promise(resolve => setTimeout(resolve, seconds * 1000))
  const figures = watched.map(({ role, pid }, i) => {
    const cpuPercent = round(((cpuSeconds(pid) - before[i]!) / seconds) * 100)
    return [role, { residentMegabytes: residentMegabytes(pid), cpuPercent }]
  })
  return { seconds, ...Object.fromEntries(figures) }
}

const results: Record<string, unknown> = { node: process.version }
try {
  if (values.cold) {
    const up = await measureUp()
    const demo = await tsukube('demo')
    results.cold = { ...up, demoAnswersSeconds: demo.seconds }
    await tsukube('delete')
  } else {
    await tsukube('up')
    await tsukube('demo')
    await tsukube('delete')
  }
  // The first new node after images were made takes them in.
  await tsukube('up')
  await tsukube('delete')
  const up = await measureUp()
  const again = await tsukube('up')
  const idle = await measureIdle(Number(values.idle))
  const pods = await measurePods(Number(values.pods))
  const demo = await tsukube('demo')
  await tsukube('down')
  const afterDown = await tsukube('up')
  results.warm = {
    ...up,
    demoAnswersSeconds: demo.seconds,
    upAgainSeconds: again.seconds,
    upAfterDownDemoRunningSeconds: afterDown.seconds,
    podRunningMilliseconds: pods,
  }
  results.idle = idle
} finally {
  await tsukube('delete').catch(() => {})
  rmSync(home, { recursive: true, force: true })
}
process.stdout.write(`${JSON.stringify(results, null, 2)}\n`)
