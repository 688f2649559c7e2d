import type { Informers } from '../../src/client/informers.ts'
import {
  restOfCronJob,
  restOfDaemonSet,
  restOfDeployment,
  restOfJob,
  restOfReplicaSet,
  restOfStatefulSet,
  type Say,
} from './at-rest-workloads.ts'
import { fits } from './fits.ts'
import type { History, Stored } from './history.ts'
import { type About, isFinished, isLive, isReady, keyOf } from './invariants/invariant.ts'
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
