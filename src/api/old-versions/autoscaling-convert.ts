import type { KubeObject } from '../../apimachinery/schema/kind.ts'
import type { HorizontalPodAutoscaler } from '../autoscaling/index.ts'
import { annotate, takeAnnotation } from './annotations.ts'

/** Between autoscaling/v2beta1 and v2, after upstream's pkg/apis/autoscaling/v2beta1/conversion.go. */

/** Where the older version keeps what it has no field for, as JSON. */
const BEHAVIOR = 'autoscaling.alpha.kubernetes.io/behavior'

type Values = Record<string, unknown>
/** One metric: its type, and the part that the type names. */
type Metric = Values & { type: string }
interface OldAutoscaler extends KubeObject {
  spec: { metrics?: Metric[]; behavior?: unknown }
  status: { currentMetrics?: Metric[] }
}

/** Drops what is not given, so that it looks as if it had been decoded. */
const given = (values: Values): Values =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))

const isZero = (value: unknown) => value === undefined || value === '0'

function target(part: Values): Values {
  const { targetAverageUtilization, targetAverageValue, targetValue, averageValue } = part
  if (targetAverageUtilization !== undefined) {
    return { type: 'Utilization', averageUtilization: targetAverageUtilization }
  }
  const average = targetAverageValue ?? averageValue
  if (average !== undefined) return { type: 'AverageValue', averageValue: average }
  return given({ type: 'Value', value: targetValue })
}

/** The parts of a metric of v2, from those of v2beta1. */
const TO_SOURCE: Readonly<Record<string, (part: Values) => Values>> = {
  object: part => ({
    describedObject: part.target,
    metric: given({ name: part.metricName, selector: part.selector }),
    target: target(part),
  }),
  pods: part => ({ metric: given({ name: part.metricName, selector: part.selector }), target: target(part) }),
  resource: part => ({ name: part.name, target: target(part) }),
  containerResource: part => ({ name: part.name, container: part.container, target: target(part) }),
  external: part => ({ metric: given({ name: part.metricName, selector: part.metricSelector }), target: target(part) }),
}

interface Source extends Values {
  metric?: { name?: string; selector?: unknown }
  target: { value?: string; averageValue?: string; averageUtilization?: number }
}

const FROM_SOURCE: Readonly<Record<string, (part: Source) => Values>> = {
  object: ({ describedObject, metric, target }) => ({
    target: describedObject,
    metricName: metric?.name,
    selector: metric?.selector,
    targetValue: target.value ?? '0',
    averageValue: target.averageValue,
  }),
  pods: ({ metric, target }) => ({
    metricName: metric?.name,
    selector: metric?.selector,
    targetAverageValue: target.averageValue,
  }),
  resource: ({ name, target }) => ({
    name,
    targetAverageUtilization: target.averageUtilization,
    targetAverageValue: target.averageValue,
  }),
  containerResource: ({ name, container, target }) => ({
    name,
    container,
    targetAverageUtilization: target.averageUtilization,
    targetAverageValue: target.averageValue,
  }),
  external: ({ metric, target }) => ({
    metricName: metric?.name,
    metricSelector: metric?.selector,
    targetValue: target.value,
    targetAverageValue: target.averageValue,
  }),
}

const named = (part: Values, selector: unknown = part.selector) => given({ name: part.metricName, selector })

const TO_STATUS: Readonly<Record<string, (part: Values) => Values>> = {
  object: part => ({
    describedObject: part.target,
    metric: named(part),
    current: given({
      value: isZero(part.currentValue) ? undefined : part.currentValue,
      averageValue: part.averageValue,
    }),
  }),
  pods: part => ({ metric: named(part), current: given({ averageValue: part.currentAverageValue }) }),
  resource: part => ({ name: part.name, current: average(part) }),
  containerResource: part => ({ name: part.name, container: part.container, current: average(part) }),
  external: part => ({
    metric: named(part, part.metricSelector),
    current: given({ value: part.currentValue, averageValue: part.currentAverageValue }),
  }),
}

const average = (part: Values) =>
  given({ averageUtilization: part.currentAverageUtilization, averageValue: part.currentAverageValue })

interface Status extends Values {
  metric?: { name?: string; selector?: unknown }
  current: { value?: string; averageValue?: string; averageUtilization?: number }
}

const FROM_STATUS: Readonly<Record<string, (part: Status) => Values>> = {
  object: ({ describedObject, metric, current }) => ({
    target: describedObject,
    metricName: metric?.name,
    selector: metric?.selector,
    currentValue: current.value ?? '0',
    averageValue: current.averageValue,
  }),
  pods: ({ metric, current }) => ({
    metricName: metric?.name,
    selector: metric?.selector,
    currentAverageValue: current.averageValue,
  }),
  resource: ({ name, current }) => ({
    name,
    currentAverageUtilization: current.averageUtilization,
    currentAverageValue: current.averageValue,
  }),
  containerResource: ({ name, container, current }) => ({
    name,
    container,
    currentAverageUtilization: current.averageUtilization,
    currentAverageValue: current.averageValue,
  }),
  external: ({ metric, current }) => ({
    metricName: metric?.name,
    metricSelector: metric?.selector,
    currentValue: current.value ?? '0',
    currentAverageValue: current.averageValue,
  }),
}

function convert<P extends Values>(metric: Metric, parts: Readonly<Record<string, (part: P) => Values>>): Metric {
  const converted = Object.entries(metric).map(([field, value]) => {
    const change = parts[field]
    return [field, change ? given(change(value as P)) : value]
  })
  return Object.fromEntries(converted) as Metric
}

export function autoscalerToCurrent(object: KubeObject): KubeObject {
  const { metadata, spec, status } = object as OldAutoscaler
  spec.metrics = spec.metrics?.map(metric => convert(metric, TO_SOURCE))
  status.currentMetrics = status.currentMetrics?.map(metric => convert(metric, TO_STATUS))
  const behavior = takeAnnotation(metadata, BEHAVIOR)
  if (behavior === undefined) return object
  try {
    spec.behavior = JSON.parse(behavior) as unknown
  } catch {
    // What a client wrote there may be nonsense; then it is as good as nothing.
  }
  return object
}

export function autoscalerFromCurrent(object: KubeObject): KubeObject {
  const { metadata, spec, status } = object as HorizontalPodAutoscaler & OldAutoscaler
  if (spec.behavior) annotate(metadata, BEHAVIOR, JSON.stringify(spec.behavior))
  spec.metrics = spec.metrics?.map(metric => convert(metric, FROM_SOURCE))
  status.currentMetrics = status.currentMetrics?.map(metric => convert(metric, FROM_STATUS))
  return object
}
