import type { MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from './metrics.ts'

const MAX_SHOWN = 2
const UNKNOWN = '<unknown>'

/** What a resource's use is, of what it should be. */
function resource(name: string, target: MetricTarget, current: MetricValueStatus | undefined): string {
  if (target.averageValue !== undefined) return `${name}: ${current?.averageValue ?? UNKNOWN}/${target.averageValue}`
  const percent = (value: number | undefined, none: string) => (value === undefined ? none : `${value}%`)
  return `${name}: ${percent(current?.averageUtilization, UNKNOWN)}/${percent(target.averageUtilization, '<auto>')}`
}

/** What a metric is, of what it should be. */
function value(target: MetricTarget, current: MetricValueStatus | undefined): string {
  return target.averageValue === undefined
    ? `${current?.value ?? UNKNOWN}/${target.value ?? ''}`
    : `${current?.averageValue ?? UNKNOWN}/${target.averageValue} (avg)`
}

function showMetric(spec: MetricSpec, status: MetricStatus | undefined): string {
  if (spec.external) return value(spec.external.target, status?.external?.current)
  if (spec.object) return value(spec.object.target, status?.object?.current)
  if (spec.pods) return `${status?.pods?.current.averageValue ?? UNKNOWN}/${spec.pods.target.averageValue ?? ''}`
  if (spec.resource) return resource(spec.resource.name, spec.resource.target, status?.resource?.current)
  if (spec.containerResource) {
    return resource(spec.containerResource.name, spec.containerResource.target, status?.containerResource?.current)
  }
  return '<unknown type>'
}

/** The first metrics as `cpu: 40%/80%`, and how many more there are. */
export function showMetrics(specs: readonly MetricSpec[] = [], statuses: readonly MetricStatus[] = []): string {
  if (specs.length === 0) return '<none>'
  const shown = specs
    .slice(0, MAX_SHOWN)
    .map((spec, i) => showMetric(spec, statuses[i]))
    .join(', ')
  return specs.length > MAX_SHOWN ? `${shown} + ${specs.length - MAX_SHOWN} more...` : shown
}
