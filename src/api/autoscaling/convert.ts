import type { HorizontalPodAutoscaler } from './horizontalpodautoscaler.ts'
import type { HorizontalPodAutoscalerV1 } from './horizontalpodautoscaler-v1.ts'
import type { MetricSpec, MetricStatus } from './metrics.ts'

/** Between the two versions of autoscalers, after upstream's pkg/apis/autoscaling/v1/conversion.go. */

const DEFAULT_PERCENT = 80
/** Where the older version keeps what it has no fields for, as JSON. */
const METRICS = 'autoscaling.alpha.kubernetes.io/metrics'
const CURRENT = 'autoscaling.alpha.kubernetes.io/current-metrics'
const CONDITIONS = 'autoscaling.alpha.kubernetes.io/conditions'
const BEHAVIOR = 'autoscaling.alpha.kubernetes.io/behavior'
const OURS = [METRICS, CURRENT, CONDITIONS, BEHAVIOR]

const isPlainCpu = ({ type, resource }: MetricSpec) =>
  type === 'Resource' && resource?.name === 'cpu' && resource.target.averageUtilization !== undefined
const isCpuStatus = ({ type, resource }: MetricStatus) =>
  type === 'Resource' && resource?.name === 'cpu' && resource.current.averageUtilization !== undefined

function cpuMetric(averageUtilization: number): MetricSpec {
  return {
    type: 'Resource',
    resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
  } as MetricSpec
}

export function autoscalerToV2({ metadata, spec, status }: HorizontalPodAutoscalerV1): HorizontalPodAutoscaler {
  const { targetCPUUtilizationPercentage, ...rest } = spec
  const { currentCPUUtilizationPercentage, ...known } = status
  const others = read<MetricSpec[]>(metadata.annotations, METRICS) ?? []
  const percent = targetCPUUtilizationPercentage ?? (others.length > 0 ? undefined : DEFAULT_PERCENT)
  const behavior = read<HorizontalPodAutoscaler['spec']['behavior']>(metadata.annotations, BEHAVIOR)
  const conditions = read<HorizontalPodAutoscaler['status']['conditions']>(metadata.annotations, CONDITIONS)
  const current = read<MetricStatus[]>(metadata.annotations, CURRENT) ?? []
  const cpu = { name: 'cpu', current: { averageUtilization: currentCPUUtilizationPercentage } }
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) => !OURS.includes(key))
  const { annotations: _, ...meta } = metadata
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { ...meta, ...(annotations.length > 0 && { annotations: Object.fromEntries(annotations) }) },
    spec: {
      ...rest,
      metrics: [...(percent === undefined ? [] : [cpuMetric(percent)]), ...others],
      ...(behavior && { behavior }),
    },
    status: {
      ...known,
      currentMetrics: [
        ...(currentCPUUtilizationPercentage === undefined ? [] : [{ type: 'Resource', resource: cpu } as MetricStatus]),
        ...current,
      ],
      ...(conditions && { conditions }),
    },
  }
}

export function autoscalerFromV2({ metadata, spec, status }: HorizontalPodAutoscaler): HorizontalPodAutoscalerV1 {
  const { metrics = [], behavior, ...rest } = spec
  const { currentMetrics = [], conditions, ...known } = status
  const cpu = metrics.find(isPlainCpu)
  const cpuStatus = currentMetrics.find(isCpuStatus)
  const annotations = {
    ...metadata.annotations,
    ...written(
      METRICS,
      metrics.filter(m => m !== cpu),
    ),
    ...written(
      CURRENT,
      currentMetrics.filter(m => m !== cpuStatus),
    ),
    ...written(CONDITIONS, conditions ?? []),
    ...(behavior && { [BEHAVIOR]: JSON.stringify(behavior) }),
  }
  const percent = cpu?.resource?.target.averageUtilization
  const use = cpuStatus?.resource?.current.averageUtilization
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'HorizontalPodAutoscaler',
    metadata: { ...metadata, ...(Object.keys(annotations).length > 0 && { annotations }) },
    spec: { ...rest, ...(percent !== undefined && { targetCPUUtilizationPercentage: percent }) },
    status: {
      ...known,
      currentReplicas: known.currentReplicas ?? 0,
      ...(use !== undefined && { currentCPUUtilizationPercentage: use }),
    },
  }
}

const written = (key: string, items: readonly unknown[]) => (items.length > 0 ? { [key]: JSON.stringify(items) } : {})

/** What a client wrote there may be nonsense; then it is as good as nothing. */
function read<T>(annotations: Readonly<Record<string, string>> | undefined, key: string): T | undefined {
  try {
    return annotations?.[key] ? (JSON.parse(annotations[key]) as T) : undefined
  } catch {
    return undefined
  }
}
