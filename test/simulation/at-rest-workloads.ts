import type { History, Stored } from './history.ts'
import { type About, childrenOf, isFinished, isLive, isReady, keyOf } from './invariants/invariant.ts'
import { isOver } from './invariants/jobs.ts'
import { targetOf } from './invariants/sets.ts'
import { BROKEN } from './workloads.ts'

/** Takes down what is not as it should be. */
export type Say = (what: string, ...about: About[]) => void

const live = (history: History, owner: Stored) => childrenOf(history, 'pods', owner).filter(isLive)

/** Whether pods of this owner may be missing: something refuses them. */
const refused = (history: History, { metadata: { namespace } }: Stored): boolean =>
  history.list('resourcequotas', namespace).length > 0

const maySettle = (pods: readonly Stored[]): boolean =>
  pods.every(p => isReady(p) || p.metadata.labels?.[BROKEN] || !p.spec.nodeName)

export function restOfReplicaSet(history: History, set: Stored, say: Say): void {
  const pods = live(history, set)
  const about: About[] = [['replicasets', keyOf(set)], ...pods.map(p => ['pods', keyOf(p)] as const)]
  const { replicas } = set.spec
  if (pods.length > replicas || (pods.length < replicas && !refused(history, set)))
    say(`ReplicaSet ${keyOf(set)} has ${pods.length} pods, wants ${replicas}`, ...about)
  if ((set.status.replicas ?? 0) !== pods.length || (set.status.readyReplicas ?? 0) !== pods.filter(isReady).length)
    say(`ReplicaSet ${keyOf(set)} tells ${JSON.stringify(set.status)}`, ...about)
  if ((set.status.observedGeneration ?? 0) !== set.metadata.generation)
    say(`ReplicaSet ${keyOf(set)} is not observed`, ...about)
}

export function restOfDeployment(history: History, d: Stored, say: Say): void {
  const key = keyOf(d)
  const sets = childrenOf(history, 'replicasets', d)
  const about: About[] = [['deployments', key], ...sets.map(s => ['replicasets', keyOf(s)] as const)]
  const { status, spec } = d
  if (status.observedGeneration !== d.metadata.generation) say(`Deployment ${key} is not observed`, ...about)
  const pods = sets.flatMap(s => live(history, s))
  const sum = (of: (s: Stored) => number | undefined) => sets.reduce((n, s) => n + (of(s) ?? 0), 0)
  if ((status.replicas ?? 0) !== pods.length)
    say(`Deployment ${key} tells of ${status.replicas} of ${pods.length} pods`, ...about)
  if ((status.readyReplicas ?? 0) !== pods.filter(isReady).length)
    say(`Deployment ${key} tells of ${status.readyReplicas} ready pods`, ...about)
  if (spec.paused) return
  const stuck = refused(history, d) || pods.some(p => !isReady(p))
  if (!stuck && (status.updatedReplicas ?? 0) !== spec.replicas)
    say(`Deployment ${key} has ${status.updatedReplicas} updated pods of ${spec.replicas}`, ...about)
  if (!stuck && sum(s => s.spec.replicas) !== spec.replicas)
    say(`Deployment ${key} asks for ${sum(s => s.spec.replicas)} pods, wants ${spec.replicas}`, ...about)
  if (!maySettle(pods))
    say(
      `Deployment ${key} has pods that are neither ready nor broken`,
      ...about,
      ...pods.map(p => ['pods', keyOf(p)] as const),
    )
  const progress = status.conditions?.find((c: { type: string }) => c.type === 'Progressing')
  const done = !stuck && status.updatedReplicas === spec.replicas
  if (done && progress?.reason !== 'NewReplicaSetAvailable')
    say(`Deployment ${key} is done and says ${progress?.reason}`, ...about)
  if (stuck && !refused(history, d) && progress?.reason === 'ReplicaSetUpdated')
    say(`Deployment ${key} is stuck and says ${progress.reason}`, ...about)
  const old = sets.filter(s => s.spec.replicas === 0 && (s.status.replicas ?? 0) === 0).length
  if (done && old > spec.revisionHistoryLimit + 1) say(`Deployment ${key} keeps ${old} old ReplicaSets`, ...about)
}

export function restOfStatefulSet(history: History, s: Stored, say: Say): void {
  const key = keyOf(s)
  const pods = live(history, s)
  const about: About[] = [
    ['statefulsets', key],
    ...childrenOf(history, 'pods', s).map(p => ['pods', keyOf(p)] as const),
  ]
  const { replicas } = s.spec
  if (s.status.observedGeneration !== s.metadata.generation) say(`StatefulSet ${key} is not observed`, ...about)
  // A pod that has ended counts until it is made anew.
  const there = childrenOf(history, 'pods', s).length
  if ((s.status.replicas ?? 0) !== there || (s.status.readyReplicas ?? 0) !== pods.filter(isReady).length)
    say(`StatefulSet ${key} tells ${JSON.stringify(s.status)}`, ...about)
  const stuck = refused(history, s) || pods.some(p => !isReady(p))
  if (pods.length > replicas && !stuck) say(`StatefulSet ${key} has ${pods.length} pods, wants ${replicas}`, ...about)
  if (stuck) return
  if (pods.length < replicas) say(`StatefulSet ${key} has ${pods.length} pods, wants ${replicas}`, ...about)
  const { type, rollingUpdate } = s.spec.updateStrategy
  if (type === 'RollingUpdate') {
    const old = pods.filter(p => p.metadata.labels?.['controller-revision-hash'] !== s.status.updateRevision)
    const kept = (s.spec.ordinals?.start ?? 0) + (rollingUpdate?.partition ?? 0)
    const outdated = old.filter(p => Number(/-(\d+)$/.exec(p.metadata.name!)![1]) >= kept)
    if (outdated.length > 0) say(`StatefulSet ${key} has old pods ${outdated.map(keyOf)}`, ...about)
    if (!rollingUpdate?.partition && s.status.currentRevision !== s.status.updateRevision)
      say(`StatefulSet ${key} does not end its update`, ...about)
  }
}

export function restOfDaemonSet(history: History, s: Stored, say: Say): void {
  const key = keyOf(s)
  const pods = live(history, s)
  const about: About[] = [['daemonsets', key], ...pods.map(p => ['pods', keyOf(p)] as const)]
  if (s.status.observedGeneration !== s.metadata.generation) say(`DaemonSet ${key} is not observed`, ...about)
  const targets = pods.map(targetOf)
  const stuck = refused(history, s) || pods.some(p => !isReady(p))
  if (new Set(targets).size < targets.length && !stuck) say(`DaemonSet ${key} has two pods on a node`, ...about)
  const selector: Record<string, string> = s.spec.template.spec.nodeSelector ?? {}
  for (const node of history.list('nodes')) {
    const chosen = Object.entries(selector).every(([name, value]) => node.metadata.labels?.[name] === value)
    const refusedByTaint = (node.spec.taints ?? []).some(
      (t: { key: string; effect: string }) => t.key === 'simulation/taint' && t.effect !== 'PreferNoSchedule',
    )
    const has = targets.includes(node.metadata.name!)
    if (chosen && !refusedByTaint && !has && !refused(history, s))
      say(`DaemonSet ${key} lacks a pod on ${keyOf(node)}`, ...about)
    if (!chosen && has) say(`DaemonSet ${key} has a pod on ${keyOf(node)}`, ...about)
  }
  if (stuck || s.spec.updateStrategy.type !== 'RollingUpdate') return
  const revisions = childrenOf(history, 'controllerrevisions', s)
  const newest = revisions.reduce((a: Stored | undefined, b) => (a && rev(a) > rev(b) ? a : b), undefined)
  const hash = newest?.metadata.labels?.['controller-revision-hash']
  const tainted = (name: string | undefined) => (history.get('nodes', name ?? '')?.spec.taints ?? []).length > 0
  const old = pods.filter(p => p.metadata.labels?.['controller-revision-hash'] !== hash && !tainted(targetOf(p)))
  if (old.length > 0) say(`DaemonSet ${key} has old pods ${old.map(keyOf)}`, ...about)
}

const rev = (object: Stored): number => (object as unknown as { revision: number }).revision

export function restOfJob(history: History, j: Stored, say: Say, now: number): void {
  const key = keyOf(j)
  const pods = childrenOf(history, 'pods', j)
  const alive = pods.filter(isLive)
  const about: About[] = [['jobs', key], ...pods.map(p => ['pods', keyOf(p)] as const)]
  const { status, spec } = j
  if ((status.active ?? 0) !== alive.length)
    say(`Job ${key} tells of ${status.active ?? 0} active pods of ${alive.length}`, ...about)
  const waiting = status.uncountedTerminatedPods ?? {}
  if (waiting.succeeded?.length || waiting.failed?.length) say(`Job ${key} has pods that it does not count`, ...about)
  if (pods.some(p => isFinished(p) && p.metadata.finalizers?.length))
    say(`Job ${key} holds on to pods that have ended`, ...about)
  const over = isOver(j)
  if (over && alive.length > 0) say(`Job ${key} is over and has pods`, ...about)
  if (over && spec.ttlSecondsAfterFinished !== undefined) {
    const end = status.conditions.find((c: { type: string }) => c.type === over).lastTransitionTime
    if (now - Date.parse(end) > (spec.ttlSecondsAfterFinished + 3600) * 1000)
      say(`Job ${key} outlives its time`, ...about)
  }
  if (over) return
  if (spec.suspend) {
    if (alive.length > 0) say(`Job ${key} is suspended and has pods`, ...about)
    return
  }
  if (spec.parallelism === 0 || refused(history, j) || alive.some(p => !p.spec.nodeName)) return
  // Failures make it wait, ten minutes at most.
  const failures = pods
    .filter(p => p.status.phase === 'Failed')
    .map(p => Date.parse(p.status.conditions[0].lastTransitionTime))
  if (failures.some(at => now - at < 11 * 60_000)) return
  if (alive.length === 0) say(`Job ${key} neither ends nor has pods`, ...about)
}

export function restOfCronJob(history: History, c: Stored, say: Say): void {
  const key = keyOf(c)
  const mine = childrenOf(history, 'jobs', c)
  const about: About[] = [['cronjobs', key], ...mine.map(j => ['jobs', keyOf(j)] as const)]
  const over = (type: string) => mine.filter(j => isOver(j) === type).length
  if (over('Complete') > c.spec.successfulJobsHistoryLimit)
    say(`CronJob ${key} keeps ${over('Complete')} Jobs that succeeded`, ...about)
  if (over('Failed') > c.spec.failedJobsHistoryLimit)
    say(`CronJob ${key} keeps ${over('Failed')} Jobs that failed`, ...about)
  const active = mine
    .filter(j => !isOver(j))
    .map(({ metadata }) => metadata.uid)
    .sort()
  const told = (c.status.active ?? []).map((r: { uid: string }) => r.uid).sort()
  if (JSON.stringify(active) !== JSON.stringify(told)) say(`CronJob ${key} tells of other active Jobs`, ...about)
}
