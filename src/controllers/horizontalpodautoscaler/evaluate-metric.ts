import type { HorizontalPodAutoscaler } from '../../api/autoscaling/horizontalpodautoscaler.ts'
import type {
  ContainerResourceMetricSource,
  ExternalMetricSource,
  MetricSpec,
  MetricStatus,
  MetricValueStatus,
  ObjectMetricSource,
  PodsMetricSource,
  ResourceMetricSource,
} from '../../api/autoscaling/metrics.ts'
import type { Pod } from '../../api/core/pod.ts'
import { everything, type Selector, selectorOf } from '../../apimachinery/labels.ts'
import type { LabelSelector } from '../../apimachinery/meta/label-selector.ts'
import { quantityFromMilli, quantityMilliValue } from '../../apimachinery/quantity.ts'
import type { MetricsClient, PodMetricsInfo } from './metrics-client.ts'
import { averageReplicas, type PodsInput, utilizationReplicas } from './pod-replicas.ts'
import { selectorText } from './selector-text.ts'
import { tolerancesOf } from './tolerances.ts'
import { sharedReplicas, valueReplicas } from './value-replicas.ts'

/** A target as it is now. */
export interface Situation {
  readonly hpa: HorizontalPodAutoscaler
  /** The target's pods, and the selector that takes them. */
  readonly pods: readonly Pod[]
  readonly selector: Selector
  /** How many there should be, and how many there are. */
  readonly specReplicas: number
  readonly statusReplicas: number
  readonly metrics: MetricsClient
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** What one metric asks for. */
export interface Proposal {
  readonly replicas: number
  /** The metric, as the reason of a change. */
  readonly metric: string
  readonly status: MetricStatus
}

/** Why a metric asks for nothing. `message`: what an event says. */
export class MetricError extends Error {
  override readonly name = 'MetricError'
  readonly reason: string
  /** The same as part of what is wrong with all metrics. */
  readonly summary: string

  constructor(reason: string, message: string, summary: string) {
    super(message)
    this.reason = reason
    this.summary = summary
  }
}

/** What a metric asks for (upstream computeReplicasForMetric). Rejects with MetricError. */
export async function evaluateMetric(spec: MetricSpec, situation: Situation): Promise<Proposal> {
  const { resource, containerResource, pods, object, external } = spec
  if (spec.type === 'Resource' && resource) {
    const summary = (why: string) => `failed to get ${resource.name} resource metric value: ${why}`
    return failingAs('FailedGetResourceMetric', summary, () => byResource(resource, situation))
  }
  if (spec.type === 'ContainerResource' && containerResource) {
    const summary = (why: string) => `failed to get ${containerResource.name} container metric value: ${why}`
    return failingAs('FailedGetContainerResourceMetric', summary, () => byContainer(containerResource, situation))
  }
  if (spec.type === 'Pods' && pods) {
    const summary = (why: string) => `failed to get pods metric value: ${why}`
    return failingAs('FailedGetPodsMetric', summary, () => byPods(pods, situation))
  }
  if (spec.type === 'Object' && object) {
    const { metric, target } = object
    const part = (why: string) =>
      target.type === 'AverageValue' ? `failed to get ${metric.name} object metric: ${why}` : why
    const summary = (why: string) => `failed to get object metric value: ${part(why)}`
    return failingAs('FailedGetObjectMetric', summary, () => byObject(object, situation))
  }
  if (spec.type === 'External' && external) {
    const { metric, target } = external
    const part =
      target.averageValue === undefined
        ? `failed to get external metric ${metric.name}`
        : `failed to get ${metric.name} external metric`
    const summary = (why: string) => `failed to get ${metric.name} external metric value: ${part}: ${why}`
    return failingAs('FailedGetExternalMetric', summary, () => byExternal(external, situation))
  }
  const message = `unknown metric source type ${JSON.stringify(spec.type)}`
  throw new MetricError('InvalidMetricSourceType', message, message)
}

async function failingAs<T>(reason: string, summary: (why: string) => string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const { message } = error as Error
    throw new MetricError(reason, message, summary(message))
  }
}

/** Says of an error what could not be had because of it. */
async function failingTo<T>(what: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new Error(`${what}: ${(error as Error).message}`)
  }
}

const podsInput = ({ hpa, pods, specReplicas, now }: Situation, metrics: PodMetricsInfo): PodsInput => ({
  metrics,
  pods,
  currentReplicas: specReplicas,
  tolerances: tolerancesOf(hpa),
  now,
})

const milli = (value: number) => quantityFromMilli(BigInt(Math.round(value)))

interface OfResource {
  readonly replicas: number
  readonly metric: string
  readonly current: MetricValueStatus
}

async function resourceProposal(
  { name, target }: ResourceMetricSource,
  situation: Situation,
  container?: string,
): Promise<OfResource> {
  const { metrics, selector, hpa } = situation
  const fetch = () =>
    failingTo(`unable to get metrics for resource ${name}`, () =>
      metrics.resource(name, hpa.metadata.namespace!, selector, container),
    )
  const { averageValue, averageUtilization } = target
  if (averageValue !== undefined) {
    const { replicas, average } = await failingTo(`failed to get ${name} usage`, async () =>
      averageReplicas(podsInput(situation, await fetch()), name, quantityMilliValue(averageValue)),
    )
    return { replicas, metric: `${name} resource`, current: { averageValue: milli(average) } }
  }
  if (averageUtilization === undefined) {
    throw new Error(
      'invalid resource metric source: neither an average utilization target nor an average value (usage) target was set',
    )
  }
  const { replicas, utilization, average } = await failingTo(`failed to get ${name} utilization`, async () =>
    utilizationReplicas(podsInput(situation, await fetch()), name, averageUtilization, container),
  )
  return {
    replicas,
    metric: `${name} resource utilization (percentage of request)`,
    current: { averageUtilization: utilization, averageValue: milli(average) },
  }
}

async function byResource(source: ResourceMetricSource, situation: Situation): Promise<Proposal> {
  const { current, ...proposal } = await resourceProposal(source, situation)
  return { ...proposal, status: { type: 'Resource', resource: { name: source.name, current } } }
}

async function byContainer(source: ContainerResourceMetricSource, situation: Situation): Promise<Proposal> {
  const { name, container } = source
  const { current, ...proposal } = await resourceProposal(source, situation, container)
  return { ...proposal, status: { type: 'ContainerResource', containerResource: { name, container, current } } }
}

async function byPods({ metric, target }: PodsMetricSource, situation: Situation): Promise<Proposal> {
  const { metrics, selector, hpa } = situation
  const { name } = metric
  const found = await failingTo(`unable to get metric ${name}`, () =>
    metrics.pods(name, hpa.metadata.namespace!, selector, metricSelector(metric.selector)),
  )
  const wanted = quantityMilliValue(target.averageValue ?? '0')
  const { replicas, average } = averageReplicas(podsInput(situation, found), '', wanted)
  const current = { averageValue: milli(average) }
  return { replicas, metric: `pods metric ${name}`, status: { type: 'Pods', pods: { metric, current } } }
}

async function byObject(source: ObjectMetricSource, situation: Situation): Promise<Proposal> {
  const { metric, target, describedObject } = source
  const { metrics, hpa, specReplicas, statusReplicas, pods } = situation
  const { name } = metric
  const namespace = hpa.metadata.namespace!
  const tolerances = tolerancesOf(hpa)
  if (target.type !== 'Value' && target.type !== 'AverageValue') {
    throw new Error('invalid object metric source: neither a value target nor an average value target was set')
  }
  const selector = metricSelector(metric.selector)
  const usage = await metrics.object(name, namespace, describedObject, selector).catch(error => {
    const { kind, name: object } = describedObject
    throw new Error(`unable to get metric ${name}: ${kind} on ${namespace} ${object}/${error.message}`)
  })
  const status = (current: MetricValueStatus): MetricStatus => ({
    type: 'Object',
    object: { metric, current, describedObject },
  })
  if (target.type === 'Value') {
    const wanted = quantityMilliValue(target.value ?? '0')
    const replicas = valueReplicas(usage, wanted, { pods, currentReplicas: specReplicas, tolerances })
    return { replicas, metric: `${describedObject.kind} metric ${name}`, status: status({ value: milli(usage) }) }
  }
  const wanted = quantityMilliValue(target.averageValue ?? '0')
  const { replicas, average } = sharedReplicas(usage, wanted, statusReplicas, tolerances)
  const text = `external metric ${name}(${selectorText(metric.selector)})`
  return { replicas, metric: text, status: status({ averageValue: milli(average) }) }
}

async function byExternal({ metric, target }: ExternalMetricSource, situation: Situation): Promise<Proposal> {
  const { metrics, hpa, specReplicas, statusReplicas, pods } = situation
  const { name } = metric
  const namespace = hpa.metadata.namespace!
  const tolerances = tolerancesOf(hpa)
  const { value, averageValue } = target
  if (value === undefined && averageValue === undefined) {
    throw new Error('invalid external metric source: neither a value target nor an average value target was set')
  }
  const text = selectorText(metric.selector)
  const values = await failingTo(`unable to get external metric ${namespace}/${name}/${text}`, () =>
    metrics.external(name, namespace, metricSelector(metric.selector)),
  )
  const usage = values.reduce((sum, one) => sum + one, 0)
  const status = (current: MetricValueStatus): MetricStatus => ({ type: 'External', external: { metric, current } })
  const shown = `external metric ${name}(${text})`
  if (averageValue !== undefined) {
    const wanted = quantityMilliValue(averageValue)
    const { replicas, average } = sharedReplicas(usage, wanted, statusReplicas, tolerances)
    return { replicas, metric: shown, status: status({ averageValue: milli(average) }) }
  }
  const sized = { pods, currentReplicas: specReplicas, tolerances }
  const replicas = valueReplicas(usage, quantityMilliValue(value!), sized)
  return { replicas, metric: shown, status: status({ value: milli(usage) }) }
}

/** Series of all sorts, where the autoscaler does not say which. */
const metricSelector = (selector: LabelSelector | undefined): Selector => (selector ? selectorOf(selector) : everything)
