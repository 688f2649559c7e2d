import type { Informers } from '../../src/client/informers.ts'
import { fits } from './fits.ts'
import type { History, Stored } from './history.ts'
import { type About, childrenOf, isFinished, isLive, isReady, keyOf } from './invariants/invariant.ts'
import { isOver } from './invariants/jobs.ts'
import { targetOf } from './invariants/sets.ts'
import { BROKEN } from './workloads.ts'

export interface Unrest {
  readonly what: string
  readonly about: readonly About[]
}

/** What, after a long time without faults, is not as its spec says. Pods that wait for room or quota are no fault. */
export function unrest(history: History, now: number): Unrest[] {
  const out: Unrest[] = []
  const say = (what: string, ...about: About[]) => void out.push({ what, about })
  const look = (plural: string, rest: (history: History, object: Stored, say: Say, now: number) => void) => {
    for (const object of history.list(plural)) {
      if (object.metadata.deletionTimestamp)
        say(`${plural} ${keyOf(object)} is still being deleted`, [plural, keyOf(object)])
      else rest(history, object, say, now)
    }
  }
  look('deployments', restOfDeployment)
  look('replicasets', restOfReplicaSet)
  look('statefulsets', restOfStatefulSet)
  look('daemonsets', restOfDaemonSet)
  look('jobs', restOfJob)
  look('cronjobs', restOfCronJob)
  look('pods', restOfPod)
  look('poddisruptionbudgets', restOfBudget)
  look('resourcequotas', restOfQuota)
  look('nodes', restOfNode)
  look('namespaces', () => {})
  restOfOwners(history, say)
  restOfEndpoints(history, say)
  return out
}

type Say = (what: string, ...about: About[]) => void

/** Where caches differ from the store. */
export function staleCaches(
  who: string,
  informers: Informers | undefined,
  history: History,
  kinds: readonly { plural: string; apiVersion: string }[],
): Unrest[] {
  const out: Unrest[] = []
  for (const kind of kinds) {
    const informer = informers?.existing(kind)
    if (!informer) continue
    const stored = new Map(history.list(kind.plural).map(object => [keyOf(object), object.metadata.resourceVersion]))
    for (const object of informer.list()) {
      const key = keyOf(object as Stored)
      if (stored.get(key) !== object.metadata.resourceVersion)
        out.push({
          what: `${who} sees ${kind.plural} ${key} at ${object.metadata.resourceVersion}, it is at ${stored.get(key)}`,
          about: [[kind.plural, key]],
        })
      stored.delete(key)
    }
    for (const key of stored.keys())
      out.push({ what: `${who} does not see ${kind.plural} ${key}`, about: [[kind.plural, key]] })
  }
  return out
}

const live = (history: History, owner: Stored) => childrenOf(history, 'pods', owner).filter(isLive)

/** Whether pods of this owner may be missing: something refuses them. */
const refused = (history: History, { metadata: { namespace } }: Stored): boolean =>
  history.list('resourcequotas', namespace).length > 0

const maySettle = (pods: readonly Stored[]): boolean =>
  pods.every(p => isReady(p) || p.metadata.labels?.[BROKEN] || !p.spec.nodeName)

function restOfReplicaSet(history: History, set: Stored, say: Say): void {
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

function restOfDeployment(history: History, d: Stored, say: Say): void {
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

function restOfStatefulSet(history: History, s: Stored, say: Say): void {
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

function restOfDaemonSet(history: History, s: Stored, say: Say): void {
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

function restOfJob(history: History, j: Stored, say: Say, now: number): void {
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

function restOfCronJob(history: History, c: Stored, say: Say): void {
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

function restOfPod(history: History, p: Stored, say: Say): void {
  const key = keyOf(p)
  const about: About[] = [['pods', key]]
  if (isFinished(p)) return
  if (!p.spec.nodeName) {
    const condition = p.status.conditions?.find((c: { type: string }) => c.type === 'PodScheduled')
    if (condition?.reason !== 'Unschedulable') say(`pod ${key} waits and says ${condition?.reason}`, ...about)
    const free = history.list('nodes').filter(node => fits(history, p, node))
    if (free.length > 0)
      say(`pod ${key} waits, and there is room on ${free.map(keyOf)}`, ...about, ['nodes', keyOf(free[0]!)])
    return
  }
  if (!history.get('nodes', p.spec.nodeName)) say(`pod ${key} is on a node that is gone`, ...about)
  if (p.status.phase !== 'Running') say(`pod ${key} is ${p.status.phase} on ${p.spec.nodeName}`, ...about)
  if (!isReady(p) && !p.metadata.labels?.[BROKEN]) say(`pod ${key} is not ready`, ...about)
}

function restOfBudget(history: History, b: Stored, say: Say): void {
  const key = keyOf(b)
  const labels: [string, string][] = Object.entries(b.spec.selector.matchLabels)
  const pods = history
    .list('pods', b.metadata.namespace)
    .filter(p => labels.every(([n, v]) => p.metadata.labels?.[n] === v))
  const healthy = pods.filter(p => isLive(p) && isReady(p)).length
  const about: About[] = [['poddisruptionbudgets', key], ...pods.map(p => ['pods', keyOf(p)] as const)]
  if (b.status.observedGeneration !== b.metadata.generation) say(`budget ${key} is not observed`, ...about)
  else if ((b.status.currentHealthy ?? 0) !== healthy)
    say(`budget ${key} tells of ${b.status.currentHealthy} healthy pods of ${healthy}`, ...about)
  if (Object.keys(b.status.disruptedPods ?? {}).length > 0) say(`budget ${key} waits for evictions`, ...about)
}

function restOfQuota(history: History, q: Stored, say: Say): void {
  const key = keyOf(q)
  const used = history.list('pods', q.metadata.namespace).filter(p => !isFinished(p)).length
  if (Number(q.status.used?.pods) !== used)
    say(`quota ${key} tells of ${q.status.used?.pods} pods of ${used}`, ['resourcequotas', key])
  if (q.status.hard?.pods !== q.spec.hard.pods) say(`quota ${key} is not observed`, ['resourcequotas', key])
}

function restOfNode(_: History, n: Stored, say: Say): void {
  const about = ['nodes', keyOf(n)] as const
  if (!isReady(n)) say(`node ${keyOf(n)} is not ready`, about)
  const leftover = (n.spec.taints ?? []).filter((t: { key: string }) => /not-ready|unreachable/.test(t.key))
  if (leftover.length > 0) say(`node ${keyOf(n)} is ready and has taints`, about)
}

/** Nothing is left whose owners are all gone. */
function restOfOwners(history: History, say: Say): void {
  const uids = new Set(history.plurals().flatMap(plural => history.list(plural).map(({ metadata }) => metadata.uid)))
  for (const plural of history.plurals()) {
    for (const object of history.list(plural)) {
      const owners = object.metadata.ownerReferences ?? []
      if (owners.length > 0 && owners.every(({ uid }) => !uids.has(uid)))
        say(`${plural} ${keyOf(object)} has outlived its owners`, [plural, keyOf(object)])
    }
  }
}

/** Slices hold the addresses of the pods that are there. */
function restOfEndpoints(history: History, say: Say): void {
  for (const service of history.list('services')) {
    const selector: Record<string, string> | undefined = service.spec.selector
    if (!selector) continue
    const { namespace, name } = service.metadata
    const slices = history
      .list('endpointslices', namespace)
      .filter(s => s.metadata.labels?.['kubernetes.io/service-name'] === name)
    const told = slices
      .flatMap(
        s =>
          (s as unknown as { endpoints?: { addresses: string[]; conditions: { ready: boolean } }[] }).endpoints ?? [],
      )
      .filter(e => e.conditions.ready)
      .flatMap(e => e.addresses)
      .sort()
    const pods = history
      .list('pods', namespace)
      .filter(p => Object.entries(selector).every(([n, v]) => p.metadata.labels?.[n] === v))
    const really = pods
      .filter(p => isLive(p) && isReady(p))
      .map(p => p.status.podIP as string)
      .sort()
    if (JSON.stringify(told) !== JSON.stringify(really))
      say(
        `service ${keyOf(service)} has endpoints ${told}, ready pods are ${really}`,
        ['services', keyOf(service)],
        ...slices.map(s => ['endpointslices', keyOf(s)] as const),
      )
  }
}
