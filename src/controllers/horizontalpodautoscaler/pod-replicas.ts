import type { Pod } from '../../api/core/pod.ts'
import type { PodMetric, PodMetricsInfo } from './metrics-client.ts'
import { countedMetrics, groupPods } from './pod-groups.ts'
import { requestsOf } from './pod-requests.ts'
import { isWithin, type Tolerances } from './tolerances.ts'

/** From what the number of replicas follows where metrics are of pods. */
export interface PodsInput {
  readonly metrics: PodMetricsInfo
  /** The pods of the target. */
  readonly pods: readonly Pod[]
  readonly currentReplicas: number
  readonly tolerances: Tolerances
  /** Milliseconds since the epoch. */
  readonly now: number
}

interface Ratio {
  /** What is used, of what should be. */
  readonly ratio: number
  /** What a pod uses on average, in thousandths. */
  readonly average: number
}

interface Utilization extends Ratio {
  /** In percent of what pods ask for. */
  readonly utilization: number
}

/** Number of replicas by which pods use a share of what they ask for (upstream GetResourceReplicas). `target` in percent. */
export function utilizationReplicas(
  input: PodsInput,
  resource: string,
  target: number,
  container?: string,
): { replicas: number } & Utilization {
  const requests = requestsWhenNeeded(input.pods, resource, container)
  const ratioOf = (metrics: PodMetricsInfo) => utilizationOf(metrics, requests(), target)
  // What is not known is taken for all that was asked for, or for the target where that is more.
  const unknown = (name: string) => Math.trunc((requests().get(name)! * Math.max(100, target)) / 100)
  return sized(input, resource, ratioOf, unknown)
}

/** Number of replicas by which pods have a value on average (upstream calcPlainMetricReplicas). `target` in thousandths. */
export function averageReplicas(input: PodsInput, resource: string, target: number): { replicas: number } & Ratio {
  const ratioOf = (metrics: PodMetricsInfo) => {
    const average = Math.trunc(sumOf(metrics) / metrics.size)
    return { ratio: average / target, average }
  }
  return sized(input, resource, ratioOf, () => target)
}

/** That pods are there and have metrics is looked at before what they ask for. */
function requestsWhenNeeded(pods: readonly Pod[], resource: string, container: string | undefined) {
  let requests: Map<string, number> | undefined
  return () => {
    requests ??= requestsOf(pods, resource, container)
    return requests
  }
}

function sized<R extends Ratio>(
  { metrics: all, pods, currentReplicas, tolerances, now }: PodsInput,
  resource: string,
  ratioOf: (metrics: PodMetricsInfo) => R,
  unknown: (pod: string) => number,
): { replicas: number } & R {
  if (pods.length === 0) throw new Error('no pods returned by selector while calculating replica count')
  const groups = groupPods(pods, all, resource, now)
  const metrics = countedMetrics(all, groups)
  if (metrics.size === 0) {
    throw new Error('did not receive metrics for targeted pods (pods might be unready)')
  }
  const measured = ratioOf(metrics)
  const { ratio } = measured
  const withUnready = groups.unready.size > 0 && ratio > 1
  if (!withUnready && groups.missing.size === 0) {
    const replicas = isWithin(tolerances, ratio) ? currentReplicas : Math.ceil(ratio * groups.ready)
    return { ...measured, replicas }
  }
  // Cautiously: what is not known speaks against scaling, in either direction.
  if (ratio < 1) for (const name of groups.missing) metrics.set(name, guess(unknown(name)))
  if (ratio > 1) for (const name of groups.missing) metrics.set(name, guess(0))
  if (withUnready) for (const name of groups.unready) metrics.set(name, guess(0))
  const guessed = ratioOf(metrics).ratio
  const turned = (ratio < 1 && guessed > 1) || (ratio > 1 && guessed < 1)
  if (isWithin(tolerances, guessed) || turned) return { ...measured, replicas: currentReplicas }
  const replicas = Math.ceil(guessed * metrics.size)
  const wrongWay = (guessed < 1 && replicas > currentReplicas) || (guessed > 1 && replicas < currentReplicas)
  return { ...measured, replicas: wrongWay ? currentReplicas : replicas }
}

const guess = (value: number): PodMetric => ({ value, at: 0, windowMs: 0 })

function sumOf(metrics: PodMetricsInfo): number {
  let sum = 0
  for (const { value } of metrics.values()) sum += value
  return sum
}

function utilizationOf(metrics: PodMetricsInfo, requests: ReadonlyMap<string, number>, target: number): Utilization {
  let [used, asked, count] = [0, 0, 0]
  for (const [name, { value }] of metrics) {
    const request = requests.get(name)
    if (request === undefined) continue
    used += value
    asked += request
    count++
  }
  if (asked === 0) throw new Error('no metrics returned matched known pods')
  const utilization = Math.trunc((used * 100) / asked)
  return { ratio: utilization / target, utilization, average: Math.trunc(used / count) }
}
