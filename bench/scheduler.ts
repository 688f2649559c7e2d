/**
 * Pods placed a second, after upstream's scheduler_perf: so many hollow nodes in three zones, so many pods on them already, then
 * the measured ones. Prints JSON.
 *
 *   npx tsx bench/scheduler.ts [--nodes 5000] [--placed 50000] [--pods 10000] [--workload NAME]
 *
 * `decided`: the scheduler's decisions alone. `bound`: pods that waited in a durable API server before the scheduler began, until
 * the last is bound. `served`: the same with the pods created meanwhile.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Pod, pod as podKind } from '../src/api/core/pod.ts'
import { namespace, node as nodeKind, serviceAccount } from '../src/api/index.ts'
import { filled } from '../src/api/testing.ts'
import { systemClock } from '../src/apimachinery/clock.ts'
import { seededRandom } from '../src/apimachinery/random.ts'
import type { InputOf } from '../src/apimachinery/schema/kind.ts'
import type { Client } from '../src/client/client.ts'
import { Informers } from '../src/client/informers.ts'
import { createCluster } from '../src/cluster/create-cluster.ts'
import { Cache } from '../src/scheduler/cache.ts'
import { defaultConfiguration } from '../src/scheduler/config/configuration.ts'
import { profileOf } from '../src/scheduler/config/profile.ts'
import { Cycle } from '../src/scheduler/cycle.ts'
import type { PluginContext } from '../src/scheduler/framework.ts'
import { startScheduler } from '../src/scheduler/index.ts'
import { Nominator } from '../src/scheduler/nominator.ts'
import { PodInfo } from '../src/scheduler/pod-info.ts'
import { openLmdbStore } from '../src/storage/lmdb.ts'

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '5000' },
    placed: { type: 'string', default: '50000' },
    pods: { type: 'string', default: '10000' },
    workload: { type: 'string' },
    only: { type: 'string' },
  },
})
const nodes = Number(values.nodes)
const placed = Number(values.placed)
const pods = Number(values.pods)

type PodInput = InputOf<typeof podKind>
type PodSpec = Partial<PodInput['spec']>

const ZONE = 'topology.kubernetes.io/zone'
const labelSelector = { matchLabels: { app: 'bench' } }
const near = (topologyKey: string) => ({ labelSelector, topologyKey })

/** What the measured pods ask for, by the name upstream has for the like of it. */
const WORKLOADS: Record<string, PodSpec> = {
  SchedulingBasic: {},
  TopologySpreading: {
    topologySpreadConstraints: [{ topologyKey: ZONE, maxSkew: 5, whenUnsatisfiable: 'DoNotSchedule', labelSelector }],
  },
  SchedulingPodAffinity: {
    affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [near(ZONE)] } },
  },
  SchedulingPreferredPodAntiAffinity: {
    affinity: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 1, podAffinityTerm: near('kubernetes.io/hostname') },
        ],
      },
    },
  },
  SpreadAndAffinity: {
    topologySpreadConstraints: [{ topologyKey: ZONE, maxSkew: 5, whenUnsatisfiable: 'DoNotSchedule', labelSelector }],
    affinity: {
      podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: near(ZONE) }] },
    },
  },
}

const nodeName = (i: number) => `node-${i}`
const nodeInput = (i: number) => ({
  metadata: { name: nodeName(i), labels: { 'kubernetes.io/hostname': nodeName(i), [ZONE]: `zone-${i % 3}` } },
  status: {
    capacity: { cpu: '32', memory: '256Gi', pods: '110' },
    allocatable: { cpu: '32', memory: '256Gi', pods: '110' },
    conditions: [{ type: 'Ready', status: 'True' }],
  },
})
const podInput = (name: string, spec: PodSpec = {}): PodInput & { metadata: { name: string; namespace: string } } => ({
  metadata: { name, namespace: 'bench', labels: { app: 'bench' } },
  spec: {
    containers: [{ name: 'main', image: 'pause:3', resources: { requests: { cpu: '100m', memory: '100Mi' } } }],
    ...spec,
  },
})
const placedInput = (i: number) => podInput(`placed-${i}`, { nodeName: nodeName(i % nodes) })

/** Calls `make` for each number below `count`, so many at once. */
async function each(count: number, make: (i: number) => Promise<unknown>, atOnce = 256): Promise<void> {
  let next = 0
  await Promise.all(
    Array.from({ length: Math.min(atOnce, count) }, async () => {
      while (next < count) await make(next++)
    }),
  )
}

/** Begins to measure. What it gives ends it: pods a second, and CPU of all threads in microseconds a pod. */
function measure(): () => { perSecond: number; cpuMicros: number } {
  const before = process.cpuUsage()
  const start = performance.now()
  return () => {
    const perSecond = Math.round((pods * 1000) / (performance.now() - start))
    const { user, system } = process.cpuUsage(before)
    return { perSecond, cpuMicros: Math.round((user + system) / pods) }
  }
}

/** Decisions a second, with nothing to be written. */
function decided(spec: PodSpec) {
  const cache = new Cache()
  const nominator = new Nominator()
  const profile = profileOf(defaultConfiguration().profiles[0]!, {
    clock: systemClock,
    nominator,
    podGroups: false,
    informers: { of: () => ({ list: () => [], addIndex() {}, onChange() {} }) } as unknown as Informers,
  })
  const context = { cache, random: seededRandom(1), namespaceLabels: () => ({}) } as unknown as PluginContext
  const stored = (input: PodInput, uid: string): Pod => {
    const pod = filled(podKind, input)
    pod.metadata.uid = uid
    return pod
  }
  for (let i = 0; i < nodes; i++) cache.setNode(filled(nodeKind, nodeInput(i)))
  for (let i = 0; i < placed; i++) cache.setPod(stored(placedInput(i), `placed-${i}`))
  const infos = Array.from({ length: pods }, (_, i) => new PodInfo(stored(podInput(`p-${i}`, spec), `p-${i}`)))
  const cycle = new Cycle(profile, context, nominator)
  const end = measure()
  for (const info of infos) {
    const placement = cycle.place(info)
    if (!('node' in placement)) throw new Error(`${info.pod.metadata.name} fits nowhere`)
    cache.assume(info, placement.node.name)
  }
  return end()
}

/** Pods bound a second, through an API server that writes to the disk. */
async function served(spec: PodSpec, { waiting }: { waiting: boolean }) {
  const folder = await mkdtemp(join(tmpdir(), 'tsukube-bench-'))
  const store = await openLmdbStore({ path: folder })
  const cluster = await createCluster({ controllers: false, hollowNodes: 0, store })
  const end = new AbortController()
  const { client } = cluster
  try {
    await client.create(namespace, { metadata: { name: 'bench' } })
    await client.create(serviceAccount, { metadata: { name: 'default', namespace: 'bench' } })
    await each(nodes, i => makeNode(client, i))
    await each(placed, i => client.create(podKind, placedInput(i)))
    const create = () => each(pods, i => client.create(podKind, podInput(`p-${i}`, spec)))
    if (waiting) await create()
    const informers = new Informers(client, systemClock, seededRandom(1), end.signal)
    let bound = 0
    const all = new Promise<void>(resolve => {
      informers.of(podKind).onChange((pod, previous) => {
        if (pod?.spec.nodeName && previous && !previous.spec.nodeName && ++bound === pods) resolve()
      })
    })
    informers.of(namespace)
    informers.of(nodeKind)
    await informers.synced()
    const finish = measure()
    await startScheduler({ client, informers, clock: systemClock, random: seededRandom(1), signal: end.signal })
    if (!waiting) void create()
    await all
    return finish()
  } finally {
    end.abort()
    await cluster.stop()
    await store.close()
    await rm(folder, { recursive: true })
  }
}

async function makeNode(client: Client, i: number): Promise<void> {
  const { metadata, status } = nodeInput(i)
  await client.create(nodeKind, { metadata })
  await client.patch(nodeKind, metadata, 'strategic', { status }, { subresource: 'status' })
  // Admission made it not ready, and no controller is there to see that it is.
  await client.patch(nodeKind, metadata, 'merge', { spec: { taints: null } })
}

const results: Record<string, object> = {}
for (const [name, spec] of Object.entries(WORKLOADS)) {
  if (values.workload && values.workload !== name) continue
  const wanted = (part: string) => !values.only || values.only === part
  results[name] = {
    ...(wanted('decided') && { decided: decided(spec) }),
    ...(wanted('bound') && { bound: await served(spec, { waiting: true }) }),
    ...(wanted('served') && { served: await served(spec, { waiting: false }) }),
  }
}
process.stdout.write(`${JSON.stringify({ nodes, placed, pods, workloads: results }, null, 2)}\n`)
