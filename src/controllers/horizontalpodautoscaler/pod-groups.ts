import type { Pod } from '../../api/core/pod.ts'
import { conditionOf } from '../shared/pods.ts'
import type { PodMetric, PodMetricsInfo } from './metrics-client.ts'

/** For so long after its start, the processor time of a pod counts only while it is ready (upstream's flag of that name). */
const CPU_INITIALIZATION_PERIOD_MS = 5 * 60_000
/** A pod that became unready within this time of its start has never been ready. */
const INITIAL_READINESS_DELAY_MS = 30_000

/** Pods by what is known of them. */
export interface PodGroups {
  /** How many count as they are. */
  readonly ready: number
  /** Not running yet, or not ready where processor time is what counts. */
  readonly unready: ReadonlySet<string>
  /** Without metrics. */
  readonly missing: ReadonlySet<string>
  /** On their way out. */
  readonly ignored: ReadonlySet<string>
}

/** Sorts pods by what is known of them (upstream replica_calculator groupPods). `resource`: '' for other metrics. */
export function groupPods(pods: readonly Pod[], metrics: PodMetricsInfo, resource: string, now: number): PodGroups {
  const unready = new Set<string>()
  const missing = new Set<string>()
  const ignored = new Set<string>()
  let ready = 0
  for (const pod of pods) {
    const { name = '', deletionTimestamp } = pod.metadata
    const metric = metrics.get(name)
    if (deletionTimestamp || pod.status.phase === 'Failed') ignored.add(name)
    else if (pod.status.phase === 'Pending') unready.add(name)
    else if (!metric) missing.add(name)
    else if (resource === 'cpu' && isStarting(pod, metric, now)) unready.add(name)
    else ready++
  }
  return { ready, unready, missing, ignored }
}

/** Whether a pod's use of processors says nothing about its load yet. */
function isStarting(pod: Pod, { at, windowMs }: PodMetric, now: number): boolean {
  const condition = conditionOf(pod, 'Ready')
  const { startTime } = pod.status
  if (!condition || !startTime) return true
  const started = Date.parse(startTime)
  const changed = Date.parse(condition.lastTransitionTime ?? startTime)
  if (started + CPU_INITIALIZATION_PERIOD_MS > now) return condition.status === 'False' || at < changed + windowMs
  return condition.status === 'False' && started + INITIAL_READINESS_DELAY_MS > changed
}

/** The metrics of those pods that count. */
export function countedMetrics(metrics: PodMetricsInfo, { unready, ignored }: PodGroups): Map<string, PodMetric> {
  return new Map([...metrics].filter(([name]) => !unready.has(name) && !ignored.has(name)))
}
