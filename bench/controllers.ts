/**
 * How fast the controllers are, with the whole control plane in this process on a durable store and hollow nodes. Prints JSON.
 *
 *   npx tsx bench/controllers.ts [--replicas 5000] [--pods 10000] [--nodes 100]
 *
 * `unscheduled`: from the creation of a Deployment whose pods no scheduler looks at until all of them are created. `deployment`: the
 * same with scheduler and hollow kubelets at work, and until all run. `namespace`: from the deletion of a namespace full of pods
 * until it is gone.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Pod, pod as podKind } from '../src/api/core/pod.ts'
import { deployment, namespace, serviceAccount } from '../src/api/index.ts'
import type { Kind, KubeObject } from '../src/apimachinery/schema/kind.ts'
import type { Client } from '../src/client/client.ts'
import { createCluster } from '../src/cluster/create-cluster.ts'
import { openLmdbStore } from '../src/storage/lmdb.ts'

const { values } = parseArgs({
  options: {
    replicas: { type: 'string', default: '5000' },
    pods: { type: 'string', default: '10000' },
    nodes: { type: 'string', default: '100' },
  },
})
const replicas = Number(values.replicas)
const pods = Number(values.pods)

const folder = await mkdtemp(join(tmpdir(), 'tsukube-bench-'))
const store = await openLmdbStore({ path: folder })
const cluster = await createCluster({ hollowNodes: Number(values.nodes), store })
const end = new AbortController()
try {
  const { client } = cluster
  const results = {
    unscheduled: await deploy(client, 'unscheduled', { schedulerName: 'nobody' }),
    deployment: await deploy(client, 'deployment'),
    namespace: await removeNamespace(client),
  }
  process.stdout.write(`${JSON.stringify(results, null, 2)}\n`)
} finally {
  end.abort()
  await cluster.stop()
  await store.close()
  await rm(folder, { recursive: true })
}

/** Resolves once `done` says so of the events of a kind in a namespace. */
function until<T extends KubeObject>(
  client: Client,
  kind: Kind<T>,
  space: string,
  done: (type: string, object: T) => boolean,
) {
  const enough = new AbortController()
  return client
    .watch(kind, { namespace: space }, AbortSignal.any([enough.signal, end.signal]), ({ type, object }) => {
      if (type !== 'BOOKMARK' && done(type, object as T)) enough.abort()
    })
    .catch(error => {
      if (!enough.signal.aborted && !end.signal.aborted) throw error
    })
}

async function space(client: Client, name: string): Promise<void> {
  await client.create(namespace, { metadata: { name } })
  await until(client, serviceAccount, name, () => true)
}

async function deploy(client: Client, name: string, podSpec: { schedulerName?: string } = {}) {
  await space(client, name)
  let created = 0
  const running = new Set<string>()
  const allCreated = until(client, podKind, name, type => type === 'ADDED' && ++created === replicas)
  const allRunning = until(client, podKind, name, (_type, { status, metadata }: Pod) => {
    if (status.phase === 'Running') running.add(metadata.name!)
    return running.size === replicas
  })
  const start = performance.now()
  const labels = { app: 'bench' }
  await client.create(deployment, {
    metadata: { name: 'bench', namespace: name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'pause:3' }], ...podSpec } },
    },
  })
  await allCreated
  const createdMs = Math.round(performance.now() - start)
  const result = { replicas, createdMs, createdPerSecond: Math.round((replicas * 1000) / createdMs) }
  if (podSpec.schedulerName) return result
  await allRunning
  return { ...result, runningMs: Math.round(performance.now() - start) }
}

async function removeNamespace(client: Client) {
  await space(client, 'full')
  let next = 0
  const make = async () => {
    while (next < pods) {
      const metadata = { name: `p-${next++}`, namespace: 'full' }
      const spec = { nodeSelector: { nowhere: 'true' }, containers: [{ name: 'main', image: 'pause:3' }] }
      await client.create(podKind, { metadata, spec })
    }
  }
  await Promise.all(Array.from({ length: 64 }, make))
  const start = performance.now()
  const gone = until(client, namespace, '', (type, { metadata }) => type === 'DELETED' && metadata.name === 'full')
  await client.delete(namespace, { metadata: { name: 'full' } })
  await gone
  return { pods, ms: Math.round(performance.now() - start) }
}
