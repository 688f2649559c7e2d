import type { Stored } from '../history.ts'
import {
  controllerOf,
  type Facts,
  type Invariant,
  isConfused,
  isLive,
  isReady,
  keyOf,
  Lately,
  STALE_MS,
} from './invariant.ts'

interface Bounds {
  readonly most: number
  readonly least: number
}

/** Reads the strategy as the documentation has it: surge rounds up, unavailable down, not both zero. */
function boundsOf({ spec }: Stored): Bounds {
  const { replicas, strategy } = spec
  if (strategy.type === 'Recreate') return { most: replicas, least: 0 }
  const part = (value: number | string, round: (x: number) => number) =>
    typeof value === 'number' ? value : round((replicas * Number.parseInt(value, 10)) / 100)
  const surge = part(strategy.rollingUpdate.maxSurge, Math.ceil)
  let unavailable = part(strategy.rollingUpdate.maxUnavailable, Math.floor)
  if (surge === 0 && unavailable === 0) unavailable = 1
  return { most: replicas + surge, least: Math.max(0, replicas - unavailable) }
}

/** The controller never makes more pods than maxSurge allows, nor takes more away than maxUnavailable allows. */
export const deployments: Invariant = facts => {
  const bounds = new Lately<Bounds>()
  /** When pods of a Deployment were last lost by another's doing, by the Deployment's UID. */
  const losses = new Map<string, number>()
  const { history, clock } = facts

  const deploymentOf = (pod: Stored | undefined): Stored | undefined => {
    const owner = controllerOf(pod)
    if (owner?.kind !== 'ReplicaSet') return undefined
    const { namespace } = pod!.metadata
    const above = controllerOf(history.get('replicasets', `${namespace}/${owner.name}`))
    const found = above && history.get('deployments', `${namespace}/${above.name}`)
    return found?.metadata.uid === above?.uid ? found : undefined
  }

  return ({ plural, before, after, by }) => {
    const now = clock.now()
    if (plural === 'deployments') {
      const { uid } = (after ?? before)!.metadata
      if (!after) bounds.delete(uid!)
      else if (JSON.stringify(before?.spec) !== JSON.stringify(after.spec)) bounds.set(uid!, boundsOf(after), now)
    }
    if (plural === 'replicasets' && after && by === 'deployment') {
      if (after.spec.replicas > (before?.spec.replicas ?? 0)) checkSurge(facts, after, bounds)
    }
    if (plural !== 'pods' || !before) return
    const owner = deploymentOf(before)
    if (!owner) return
    const lost = isLive(before) && isReady(before) && !(after && isLive(after) && isReady(after))
    if (!lost) return
    const byController = by === 'replicaset' && after?.metadata.deletionTimestamp && !before.metadata.deletionTimestamp
    if (!byController) losses.set(owner.metadata.uid!, now)
    else if (now - (losses.get(owner.metadata.uid!) ?? Number.NEGATIVE_INFINITY) >= STALE_MS) {
      checkAvailable(facts, owner, bounds, before)
    }
  }
}

function checkSurge(facts: Facts, set: Stored, bounds: Lately<Bounds>): void {
  const owner = controllerOf(set)
  if (owner?.kind !== 'Deployment' || isConfused(facts)) return
  const allowed = bounds.of(owner.uid, facts.clock.now())
  const all = facts.history.list('replicasets', set.metadata.namespace).filter(s => controllerOf(s)?.uid === owner.uid)
  const total = all.reduce((sum, { spec }) => sum + spec.replicas, 0)
  if (allowed.length === 0 || total <= Math.max(...allowed.map(({ most }) => most))) return
  facts.violated(
    'a Deployment keeps maxSurge',
    `${owner.name}: ${total} pods are asked for, ${allowed.map(({ most }) => most).join(' or ')} are allowed`,
    ['deployments', `${set.metadata.namespace}/${owner.name}`],
    ...all.map(s => ['replicasets', keyOf(s)] as const),
  )
}

function checkAvailable(facts: Facts, owner: Stored, bounds: Lately<Bounds>, victim: Stored): void {
  if (owner.metadata.deletionTimestamp || isConfused(facts)) return
  const { history, clock } = facts
  const sets = history
    .list('replicasets', owner.metadata.namespace)
    .filter(s => controllerOf(s)?.uid === owner.metadata.uid)
  const uids = new Set(sets.map(({ metadata }) => metadata.uid))
  const pods = history.list('pods', owner.metadata.namespace).filter(p => uids.has(controllerOf(p)?.uid))
  const available = pods.filter(p => isLive(p) && isReady(p)).length
  const lately = bounds.of(owner.metadata.uid!, clock.now())
  // A change of size in mid-rollout is shared out among the ReplicaSets, however many of their pods are ready.
  if (lately.length > 1) return
  const least = Math.min(...lately.map(b => b.least))
  if (available >= least) return
  facts.violated(
    'a Deployment keeps maxUnavailable',
    `${keyOf(owner)}: with ${victim.metadata.name} deleted ${available} pods are ready, ${least} must be`,
    ['deployments', keyOf(owner)],
    ...sets.map(s => ['replicasets', keyOf(s)] as const),
    ...pods.map(p => ['pods', keyOf(p)] as const),
  )
}
