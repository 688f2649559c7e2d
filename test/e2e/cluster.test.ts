import { spawn } from 'node:child_process'
import { setMaxListeners } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deployment as deploymentKind } from '../../src/api/apps/deployment.ts'
import { event as eventKind } from '../../src/api/core/event.ts'
import { node as nodeKind } from '../../src/api/core/node.ts'
import { type Pod, pod as podKind } from '../../src/api/core/pod.ts'
import { service as serviceKind } from '../../src/api/core/service.ts'
import type { Kind } from '../../src/apimachinery/schema/kind.ts'
import { findKubectls, kubectlSession } from '../support/kubectl.ts'
import { ProgramCluster } from './support/program.ts'
import { tracesOf } from './support/test-cluster.ts'

const cluster = new ProgramCluster()
const { name: NAME, home, env } = cluster
const tsukube = (...args: string[]) => cluster.run(...args)

interface Status {
  state: string
  processes: { role: string; node?: string; pid: number }[]
}
const status = async () => JSON.parse(await tsukube('status', '-o', 'json')) as Status
const pidOf = async (role: string) => (await status()).processes.find(p => p.role === role)?.pid

const isReady = (pod: Pod) =>
  !pod.metadata.deletionTimestamp && (pod.status?.conditions ?? []).some(c => c.type === 'Ready' && c.status === 'True')
const allReady = (count: number) =>
  cluster.until(podKind, pods => pods.filter(isReady).length === count && pods.length === count)

const REPLICAS = 4
let url = ''

beforeAll(async () => {
  await cluster.up()
  await tsukube('image', 'load', 'busybox', 'nginx:latest')
})

afterAll(() => cluster.end())

test('up makes a node that is ready, and says what runs', async () => {
  const nodes = await cluster.client.list(nodeKind)
  expect(nodes.items.map(n => n.metadata.name)).toEqual([NAME])
  const { state, processes } = await status()
  expect(state).toBe('running')
  expect(processes.map(p => p.role).sort()).toEqual(['agent', 'containerd', 'init', 'server'])
})

test('a deployment runs in containers and is reached from this machine', async () => {
  await cluster.client.create(deploymentKind, {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas: REPLICAS,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          terminationGracePeriodSeconds: 5,
          containers: [
            {
              name: 'nginx',
              image: 'nginx:latest',
              ports: [{ containerPort: 80 }],
              readinessProbe: { httpGet: { port: 80 }, periodSeconds: 1 },
              lifecycle: { preStop: { sleep: { seconds: 1 } } },
            },
          ],
        },
      },
    },
  })
  const service = await cluster.client.create(serviceKind, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { type: 'NodePort', selector: { app: 'web' }, ports: [{ port: 80 }] },
  })
  await allReady(REPLICAS)
  url = `http://127.0.0.1:${service.spec.ports![0]!.nodePort}/`
  await expect
    .poll(
      () =>
        fetch(url).then(
          r => r.status,
          () => 0,
        ),
      { timeout: 10_000 },
    )
    .toBe(200)
})

const kubectls = findKubectls()
const [oldest, newest] = [kubectls[0], kubectls.at(-1)]
test.skipIf(!newest).each([oldest!, newest!])(
  'who runs a pod and attaches to it ($minor) sees all of its output once, and how it ended',
  async kubectl => {
    const session = kubectlSession(kubectl, readFileSync(env.KUBECONFIG, 'utf8'))
    try {
      const run = (name: string, script: string, stdin = '') => {
        const what = ['run', name, '-i', '--rm', '--restart=Never', '--image=busybox:1', '--', 'sh', '-c', script]
        return session.run(what, { stdin })
      }
      const results = await Promise.all([
        run('short', 'echo hi; exit 3'),
        run('longer', 'echo hi; sleep 0.3; exit 4'),
        run('growing', 'echo same; echo same; sleep 0.2; echo same; printf end'),
        run('reading', 'echo start; cat', 'from outside\n'),
      ])
      // It does not attach where it learns of the start and of the end at once.
      const hint = "If you don't see a command prompt, try pressing enter.\n"
      const seen = results.map(run => [run.code, run.stdout.split('pod "')[0], run.stderr.replace(hint, '')])
      expect(seen).toEqual([
        [3, 'hi\n', 'pod default/short terminated (Error)\n'],
        [4, 'hi\n', 'pod default/longer terminated (Error)\n'],
        [0, 'same\nsame\nsame\nend', ''],
        [0, 'start\nfrom outside\n', ''],
      ])
    } finally {
      session.end()
    }
  },
)

test('a rolling update fails no request', async () => {
  const answers = { good: 0, bad: [] as unknown[] }
  const end = new AbortController()
  const load = Promise.all(
    Array.from({ length: 4 }, async () => {
      while (!end.signal.aborted) {
        const answer = await fetch(url, { headers: { connection: 'close' } }).then(
          r => r.status,
          error => error.cause?.code,
        )
        if (answer === 200) answers.good++
        else answers.bad.push(answer)
      }
    }),
  )
  const patch = { spec: { template: { metadata: { annotations: { changed: 'yes' } } } } }
  await cluster.client.patch(deploymentKind, { namespace: 'default', name: 'web' }, 'merge', patch)
  await cluster.until(
    podKind,
    pods => pods.length === REPLICAS && pods.every(p => p.metadata.annotations?.changed === 'yes' && isReady(p)),
  )
  end.abort()
  await load
  expect(answers.bad).toEqual([])
  expect(answers.good).toBeGreaterThan(20)
})

test.each(['agent', 'containerd'])('a killed %s comes back by itself, and pods run on', async role => {
  const before = await allReady(REPLICAS)
  const pid = (await pidOf(role))!
  process.kill(pid, 'SIGKILL')
  await expect.poll(() => pidOf(role), { timeout: 15_000 }).not.toSatisfy(now => now === undefined || now === pid)
  const after = await allReady(REPLICAS)
  expect(after.map(p => p.metadata.uid).sort()).toEqual(before.map(p => p.metadata.uid).sort())
  expect(after.flatMap(p => p.status?.containerStatuses ?? []).map(c => c.restartCount)).toEqual(
    Array(REPLICAS).fill(0),
  )
})

test('after the server is killed, up brings everything back', async () => {
  const before = await allReady(REPLICAS)
  process.kill((await pidOf('server'))!, 'SIGKILL')
  await tsukube('up')
  const after = await allReady(REPLICAS)
  expect(after.map(p => p.metadata.uid).sort()).toEqual(before.map(p => p.metadata.uid).sort())
  const sets = await cluster.client.list(deploymentKind, { namespace: 'default' })
  expect(sets.items[0]!.status.collisionCount ?? 0).toBe(0)
})

test('down and up bring everything back, with the restarts explained', async () => {
  await tsukube('down')
  expect((await status()).state).toBe('stopped')
  await tsukube('up')
  const pods = (await cluster.client.list(podKind, { namespace: 'default' })).items
  expect(pods.filter(isReady).length).toBe(REPLICAS)
  for (const pod of pods) {
    expect(pod.status?.containerStatuses?.[0]).toMatchObject({
      restartCount: 1,
      lastState: { terminated: { exitCode: 255 } },
    })
  }
  await expect
    .poll(
      () =>
        fetch(url).then(
          r => r.status,
          () => 0,
        ),
      { timeout: 10_000 },
    )
    .toBe(200)
})

test.skipIf(kubectls.length === 0)('down asks programs to end, and gives them a moment', async () => {
  const metadata = { name: 'asked', namespace: 'default' }
  const command = ['sh', '-c', 'trap "echo told > /out/file; exit" TERM; while :; do sleep 0.1; done']
  const main = { name: 'main', image: 'busybox:1', command, volumeMounts: [{ name: 'out', mountPath: '/out' }] }
  await cluster.client.create(podKind, {
    metadata,
    spec: { containers: [{ ...main, imagePullPolicy: 'IfNotPresent' }], volumes: [{ name: 'out', emptyDir: {} }] },
  })
  await expect.poll(async () => isReady(await cluster.client.get(podKind, metadata)), { timeout: 20_000 }).toBe(true)
  await tsukube('down')
  await tsukube('up')
  const session = kubectlSession(kubectls.at(-1)!, readFileSync(env.KUBECONFIG, 'utf8'))
  try {
    expect((await session.run(['exec', 'asked', '--', 'cat', '/out/file'])).stdout).toBe('told\n')
  } finally {
    session.end()
    await cluster.client.delete(podKind, { metadata }, { gracePeriodSeconds: 0 })
    await expect
      .poll(() => cluster.client.get(podKind, metadata).catch(error => error.reason), { timeout: 20_000 })
      .toBe('NotFound')
  }
})

test("after a node's first process is killed, up starts the node again", async () => {
  process.kill((await pidOf('init'))!, 'SIGKILL')
  await tsukube('up')
  expect((await status()).state).toBe('running')
  const pods = (await cluster.client.list(podKind, { namespace: 'default' })).items
  expect(pods.filter(isReady).length).toBe(REPLICAS)
})

test('a running cluster gets another node, and keeps those that it has', async () => {
  expect(await tsukube('up', '--nodes', '2')).toContain('2 nodes')
  const { items } = await cluster.client.list(nodeKind)
  expect(items.map(n => n.metadata.name)).toEqual([NAME, `${NAME}-2`])
  await allReady(REPLICAS)
  // It has the images that were made on this machine.
  const container = { name: 'main', image: 'busybox', imagePullPolicy: 'Never', command: ['true'] }
  const spec = { nodeName: `${NAME}-2`, restartPolicy: 'Never', containers: [container] }
  await cluster.client.create(podKind, { metadata: { name: 'elsewhere', namespace: 'default' }, spec })
  await cluster.until(podKind, pods =>
    pods.some(p => p.metadata.name === 'elsewhere' && p.status.phase === 'Succeeded'),
  )
  await cluster.client.delete(podKind, { namespace: 'default', name: 'elsewhere' })
  await expect(tsukube('up', '--nodes', '1')).rejects.toThrow(/cannot go from 2 nodes to 1/)
})

test('a pod whose image is not there tells how to load it', async () => {
  const spec = { containers: [{ name: 'main', image: 'redis:7' }] }
  await cluster.client.create(podKind, { metadata: { name: 'lacking', namespace: 'default' }, spec })
  const hint = `Without a registry: tsukube image load redis:latest --name ${NAME}`
  const events = await cluster.until(eventKind, found =>
    found.some(e => e.reason === 'Failed' && e.message?.includes(hint)),
  )
  expect(events.length).toBeGreaterThan(0)
  await cluster.client.delete(podKind, { namespace: 'default', name: 'lacking' })
})

test.each(['-1', 'abc', '1.5'])('%s nodes are none', async nodes => {
  await expect(tsukube('up', '--nodes', nodes)).rejects.toThrow(/--nodes <n>.+a whole number is expected/)
})

test('a port in use is a clear error', async () => {
  const blocker = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => blocker.once('listening', resolve))
  const { port } = blocker.address() as { port: number }
  try {
    const other = spawn(
      process.execPath,
      ['bin/tsukube', 'up', '--name', `${NAME}b`, '--nodes', '0', '--port', String(port)],
      { env },
    )
    let text = ''
    other.stderr.on('data', chunk => {
      text += chunk
    })
    const code = await new Promise(resolve => other.once('close', resolve))
    expect(code).toBe(1)
    expect(text).toContain(`cannot listen on 127.0.0.1:${port}`)
    expect(text).toContain('another program listens there')
  } finally {
    blocker.close()
  }
})

test.skipIf(!newest)('many watches and long logs pile nothing up', async () => {
  const shell = 'seq 1 200000; sleep 1000'
  const container = { name: 'main', image: 'busybox:1', command: ['sh', '-c', shell] }
  const spec = { nodeName: NAME, containers: [container], terminationGracePeriodSeconds: 0 }
  await cluster.client.create(podKind, { metadata: { name: 'writer', namespace: 'default' }, spec })
  await cluster.until(podKind, pods => pods.some(p => p.metadata.name === 'writer' && isReady(p)))
  const session = kubectlSession(newest!, readFileSync(env.KUBECONFIG, 'utf8'))
  const end = new AbortController()
  setMaxListeners(0, end.signal)
  const watches = Array.from({ length: 12 }, () =>
    cluster.client.watch(podKind as unknown as Kind, {}, end.signal, () => {}).catch(() => {}),
  )
  for (let i = 0; i < 12; i++) {
    const { stdout } = await session.run(['logs', 'writer', '--tail=100000'])
    expect(stdout.split('\n').length).toBeGreaterThan(1)
  }
  end.abort()
  await Promise.all(watches)
  session.end()
  const folder = path.join(home, 'clusters', NAME)
  for (const file of ['server.log', `nodes/${NAME}/log/agent.log`])
    expect(readFileSync(path.join(folder, file), 'utf8')).not.toContain('Warning')
})

test('delete leaves nothing', async () => {
  await cluster.disconnect()
  await tsukube('delete')
  expect(await tracesOf(NAME)).toEqual([])
})
