import { lease } from '../api/coordination/lease.ts'
import { type Node, node } from '../api/core/node.ts'
import { type Pod, pod } from '../api/core/pod.ts'
import { rfc3339 } from '../apimachinery/clock.ts'
import { isReason } from '../apimachinery/errors.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import {
  type Again,
  again,
  type Controller,
  controller,
  type ReconcileContext,
  watching,
} from '../client/controller.ts'
import { readiness, unknownConditions } from './node/conditions.ts'
import { isEvicting, taintsFor } from './node/taints.ts'
import { EvictionLimiter, type EvictionRates } from './node/zones.ts'
import { conditionOf } from './shared/pods.ts'
import { sameStored } from './shared/same.ts'

const LEASES = 'kube-node-lease'
export const BY_NODE = 'node'

export interface NodeLifecycleOptions {
  /** Silence of a kubelet after which its node counts as lost (upstream --node-monitor-grace-period). */
  readonly graceMs?: number
  /** The same for a node that has never been heard of (--node-startup-grace-period). */
  readonly startupGraceMs?: number
  /** How fast pods are driven out of lost nodes. */
  readonly evictionRates?: EvictionRates
}

interface State {
  /** When a node was last heard of, by our clock, so that clocks on nodes do not matter. */
  readonly lastSeen: Map<string, number>
  readonly limiter: EvictionLimiter
}

/**
 * Notices when a node falls silent: marks it and its pods not ready, and taints it (upstream pkg/controller/nodelifecycle).
 * Pods are driven out of lost nodes slowly, and where much of a zone is lost, hardly; when all nodes are lost at once the fault is
 * more likely on this side: then no pods are driven out.
 */
export function nodeLifecycleController(options: NodeLifecycleOptions = {}): Controller {
  const { graceMs = 50_000, startupGraceMs = 60_000, evictionRates } = options
  const states = new WeakMap<object, State>()
  return controller({
    name: 'node',
    for: node,
    watches: [
      watching(lease, (object, _previous, context) => {
        if (object?.metadata.namespace === LEASES)
          states.get(context)!.lastSeen.set(object.metadata.name!, context.clock.now())
        return []
      }),
      watching(node, wakeOthers),
    ],
    reads: [pod as unknown as Kind],
    writes: [
      { kind: node as unknown as Kind, verbs: ['update', 'patch'] },
      { kind: node as unknown as Kind, subresource: 'status', verbs: ['patch'] },
      { kind: pod as unknown as Kind, subresource: 'status', verbs: ['patch'] },
    ],

    setup(context) {
      states.set(context, { lastSeen: new Map(), limiter: new EvictionLimiter(evictionRates) })
      context.informer(pod).addIndex(BY_NODE, ({ spec }) => (spec.nodeName ? [spec.nodeName] : []))
    },

    async reconcile(object: Node, context): Promise<Again | undefined> {
      const { lastSeen, limiter } = states.get(context)!
      const name = object.metadata.name!
      const now = context.clock.now()
      const heartbeat =
        Date.parse(object.status.conditions?.find(c => c.type === 'Ready')?.lastHeartbeatTime ?? '') || 0
      if (!lastSeen.has(name)) {
        lastSeen.set(name, now)
        tell(object, 'RegisteredNode', `Registered Node ${name} in Controller`, context)
      }
      if (heartbeat > lastSeen.get(name)! && heartbeat <= now) lastSeen.set(name, heartbeat)
      const grace = readiness(object) === '' ? startupGraceMs : graceMs
      const left = lastSeen.get(name)! + grace - now
      const current = left > 0 || readiness(object) === 'Unknown' ? object : await markUnknown(object, context)
      const evictionIn = await taint(current, limiter, context)
      if (readiness(current) === 'False' || readiness(current) === 'Unknown') await markPods(name, context)
      const next = Math.min(left > 0 ? left : Number.POSITIVE_INFINITY, evictionIn ?? Number.POSITIVE_INFINITY)
      return again(Number.isFinite(next) ? next : undefined)
    },

    deleted(name, context) {
      states.get(context)!.lastSeen.delete(name)
    },
  })
}

/** Whether pods are driven out depends on how the other nodes are. */
function wakeOthers(object: Node | undefined, previous: Node | undefined, { informer }: ReconcileContext): string[] {
  const ready = (n: Node | undefined) => n && readiness(n) === 'True'
  if (ready(object) === ready(previous)) return []
  return informer(node)
    .list()
    .filter(n => !ready(n))
    .map(({ metadata }) => metadata.name!)
}

async function markUnknown(object: Node, { client, clock, events }: ReconcileContext): Promise<Node> {
  const { name } = object.metadata
  const wasReady = readiness(object) === 'True'
  const status = { conditions: unknownConditions(object, clock.now()) }
  const marked = await client.patch(node, { name }, 'strategic', { status }, { subresource: 'status' })
  if (wasReady) events.normal(object, 'NodeNotReady', `Node ${name} status is now: NodeNotReady`)
  return marked
}

const tell = (object: Node, reason: string, what: string, { events }: ReconcileContext): void =>
  events.normal(object, reason, `Node ${object.metadata.name} event: ${what}`)

/** Keeps a node's taints. Resolves to the milliseconds after which its pods may be driven out, where that has to wait. */
async function taint(
  object: Node,
  limiter: EvictionLimiter,
  { client, clock, informer }: ReconcileContext,
): Promise<number | undefined> {
  const now = clock.now()
  const nodes = informer(node).list()
  const anyReady = nodes.some(n => readiness(n) === 'True')
  const lost = readiness(object) === 'False' || readiness(object) === 'Unknown'
  const wait = lost && anyReady && !isEvicting(object) ? limiter.wait(object, nodes, now) : 0
  const taints = taintsFor(object, anyReady && wait === 0, now)
  if (sameStored(taints, object.spec.taints)) return wait || undefined
  const { name, resourceVersion } = object.metadata
  await client.patch(node, { name }, 'merge', { metadata: { resourceVersion }, spec: { taints } })
  return wait || undefined
}

/** Pods on a lost node are not ready, whatever their kubelet last said. */
async function markPods(nodeName: string, context: ReconcileContext): Promise<void> {
  const pods = context.informer(pod).byIndex(BY_NODE, nodeName)
  await Promise.all(pods.filter(p => conditionOf(p, 'Ready')?.status === 'True').map(p => markPod(p, context)))
}

async function markPod(object: Pod, { client, clock, events }: ReconcileContext): Promise<void> {
  const condition = { ...conditionOf(object, 'Ready'), status: 'False', lastTransitionTime: rfc3339(clock.now()) }
  const patch = { metadata: { uid: object.metadata.uid }, status: { conditions: [condition] } }
  try {
    await client.patch(pod, object.metadata, 'strategic', patch, { subresource: 'status' })
    events.warning(object, 'NodeNotReady', 'Node is not ready')
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error
  }
}
