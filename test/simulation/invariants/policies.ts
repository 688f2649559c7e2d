import type { Stored } from '../history.ts'
import {
  childrenOf,
  controllerOf,
  type Invariant,
  isConfused,
  isLive,
  isReady,
  keyOf,
  Lately,
  STALE_MS,
} from './invariant.ts'
import { isOver } from './jobs.ts'
import { parseQuantity } from './quantity.ts'

/** No pod comes in above a quota. */
export const quotas: Invariant =
  ({ history, violated }) =>
  ({ plural, key, before, after }) => {
    if (plural !== 'pods' || before || !after) return
    const { namespace } = after.metadata
    for (const quota of history.list('resourcequotas', namespace)) {
      const pods = history.list('pods', namespace).filter(isLive)
      const cpu = pods.reduce((sum, p) => sum + parseQuantity(p.spec.containers[0].resources?.requests?.cpu ?? '0'), 0)
      const used: Record<string, number> = { pods: pods.length, 'requests.cpu': cpu }
      for (const [resource, amount] of Object.entries(used)) {
        const hard = quota.status?.hard?.[resource]
        if (hard === undefined || amount <= parseQuantity(hard) + 1e-9) continue
        violated(
          'a quota is not exceeded',
          `${key} makes ${amount} of ${resource} where ${keyOf(quota)} allows ${hard}`,
          ['resourcequotas', keyOf(quota)],
          ['pods', key],
        )
      }
    }
  }

/** An eviction leaves as many healthy pods as the budget asks for, unless pods are lost otherwise. */
export const budgets: Invariant = facts => {
  const { history, clock, violated } = facts
  const losses = new Map<string, number>()
  const covers = (budget: Stored, pod: Stored) =>
    Object.entries(budget.spec.selector.matchLabels).every(([name, value]) => pod.metadata.labels?.[name] === value)
  return ({ plural, key, before, after }) => {
    const now = clock.now()
    if (plural === 'pods' && before) {
      const lost = isLive(before) && isReady(before) && !(after && isLive(after) && isReady(after))
      if (!lost) return
      for (const budget of history.list('poddisruptionbudgets', before.metadata.namespace)) {
        const evicted = budget.status?.disruptedPods?.[before.metadata.name!] !== undefined
        if (!evicted && covers(budget, before)) losses.set(keyOf(budget), now)
      }
    }
    if (plural !== 'poddisruptionbudgets' || !before || !after || isConfused(facts)) return
    const old = before.status?.disruptedPods ?? {}
    const evicted = after.status?.disruptedPods ?? {}
    if (Object.keys(evicted).every(name => name in old)) return
    if (now - (losses.get(key) ?? Number.NEGATIVE_INFINITY) < STALE_MS) return
    const pods = history.list('pods', after.metadata.namespace).filter(p => covers(after, p))
    const healthy = pods.filter(p => isLive(p) && isReady(p) && !(p.metadata.name! in evicted)).length
    if (healthy >= after.status.desiredHealthy) return
    violated(
      'an eviction keeps the budget',
      `${key} wants ${after.status.desiredHealthy} healthy pods, and with ${Object.keys(evicted)} evicted has ${healthy}`,
      ['poddisruptionbudgets', key],
      ...pods.map(p => ['pods', keyOf(p)] as const),
    )
  }
}

/** An autoscaler keeps to its bounds; of several for one Deployment each to its own. */
export const autoscalers: Invariant = ({ history, clock, violated }) => {
  const bounds = new Lately<readonly [number, number]>()
  const byTarget = new Map<string, Set<string>>()
  return ({ plural, key, before, after, by }) => {
    if (plural === 'horizontalpodautoscalers' && after) {
      const target = `${after.metadata.namespace}/${after.spec.scaleTargetRef.name}`
      byTarget.set(target, (byTarget.get(target) ?? new Set()).add(key))
      bounds.set(`${target} ${key}`, [after.spec.minReplicas, after.spec.maxReplicas], clock.now())
    }
    if (plural !== 'deployments' || !before || !after || by !== 'horizontal-pod-autoscaler') return
    const { replicas } = after.spec
    if (replicas === before.spec.replicas) return
    const allowed = [...(byTarget.get(key) ?? [])].flatMap(name => bounds.of(`${key} ${name}`, clock.now()))
    if (allowed.some(([least, most]) => replicas >= least && replicas <= most)) return
    const autoscaler = history.list('horizontalpodautoscalers', after.metadata.namespace)
    violated(
      'an autoscaler keeps to its bounds',
      `${key} is scaled to ${replicas}, allowed are ${JSON.stringify(allowed)}`,
      ['deployments', key],
      ...autoscaler.map(a => ['horizontalpodautoscalers', keyOf(a)] as const),
    )
  }
}

/** A CronJob that forbids it never has two Jobs at work. */
export const cronJobs: Invariant = facts => {
  const policies = new Lately<string>()
  return ({ plural, key, before, after, by }) => {
    if (plural === 'cronjobs' && after)
      policies.set(after.metadata.uid!, after.spec.concurrencyPolicy, facts.clock.now())
    if (plural !== 'jobs' || before || !after || by !== 'cronjob') return
    const owner = controllerOf(after)
    const cron = facts.history.get('cronjobs', `${after.metadata.namespace}/${owner?.name}`)
    if (!cron || cron.metadata.uid !== owner?.uid) return
    if (policies.of(owner!.uid, facts.clock.now()).some(policy => policy !== 'Forbid')) return
    const others = childrenOf(facts.history, 'jobs', cron).filter(
      j => j !== after && !isOver(j) && !j.metadata.deletionTimestamp,
    )
    if (others.length === 0) return
    facts.violated(
      'a CronJob that forbids it has one Job at a time',
      `${key} is started while ${others.map(keyOf)} runs`,
      ['cronjobs', keyOf(cron)],
      ['jobs', key],
      ...others.map(j => ['jobs', keyOf(j)] as const),
    )
  }
}

/** What lives in a namespace goes before it, and nothing comes where there is none. */
export const namespaces: Invariant =
  ({ history, violated }) =>
  ({ plural, key, before, after }) => {
    const { namespace } = (after ?? before)!.metadata
    if (!before && namespace && !history.get('namespaces', namespace)) {
      violated('an object lives in a namespace', `${plural} ${key} is made where there is no namespace`, [plural, key])
    }
    if (plural !== 'namespaces' || after) return
    for (const other of history.plurals()) {
      for (const left of history.list(other, key)) {
        violated('a namespace goes last', `${key} is gone, and ${other} ${keyOf(left)} is not`, [other, keyOf(left)])
      }
    }
  }
