import { own } from '../../apimachinery/own.ts'
import { quantitySign } from '../../apimachinery/quantity.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import { isPathSegmentName } from '../../apimachinery/validation/names.ts'
import type { HorizontalPodAutoscalerSpec, HPAScalingRules } from './horizontalpodautoscaler.ts'
import type { MetricSpec, MetricTarget } from './metrics.ts'

/** Defaults and rules of autoscalers, after upstream's pkg/apis/autoscaling. */

const MAX_WINDOW_SECONDS = 3600
const MAX_PERIOD_SECONDS = 1800
const UP = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
}
const DOWN = { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] }
const CPU_TARGET = {
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
}

interface Defaultable {
  metrics?: unknown[]
  behavior?: { scaleUp?: object; scaleDown?: object }
}

/** 80 % of the requested CPU when no metric is given; rules for a direction where the other is given. */
export function defaultAutoscaler(spec: Defaultable): void {
  spec.metrics ??= [structuredClone(CPU_TARGET)]
  if (!spec.behavior) return
  spec.behavior.scaleUp = { ...structuredClone(UP), ...spec.behavior.scaleUp }
  spec.behavior.scaleDown = { ...structuredClone(DOWN), ...spec.behavior.scaleDown }
}

const TYPES = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource']
const FIELD: Readonly<Record<string, keyof MetricSpec>> = {
  ContainerResource: 'containerResource',
  External: 'external',
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
}
const TARGET_TYPES = ['Utilization', 'Value', 'AverageValue']

function validateTarget(target: MetricTarget, at: At): void {
  if (target.type === '') at.child('type').required('must specify a metric target type')
  else if (!TARGET_TYPES.includes(target.type)) {
    at.child('type').invalid(target.type, 'must be either Utilization, Value, or AverageValue')
  }
  for (const field of ['value', 'averageValue'] as const) {
    const value = target[field]
    if (value !== undefined && quantitySign(value) !== 1) at.child(field).invalid(value, 'must be positive')
  }
  const utilization = target.averageUtilization
  if (utilization !== undefined && utilization < 1) {
    at.child('averageUtilization').invalid(utilization, 'must be greater than 0')
  }
}

function validateResourceTarget(target: MetricTarget, at: At): void {
  if (target.averageUtilization === undefined && target.averageValue === undefined) {
    at.child('averageUtilization').required('must set either a target raw value or a target utilization')
  }
  if (target.averageUtilization !== undefined && target.averageValue !== undefined) {
    at.child('averageValue').forbidden('may not set both a target raw value and a target utilization')
  }
}

function validateMetric(metric: MetricSpec, at: At): void {
  if (metric.type === '') {
    at.child('type').required('must specify a metric source type')
    return
  }
  const field = own(FIELD, metric.type)
  if (!field) {
    at.child('type').notSupported(metric.type, TYPES)
    return
  }
  const source = metric[field]
  if (!source || typeof source === 'string') {
    at.child(field).required('must populate information for the given metric source')
  } else {
    validateTarget(source.target, at.child(field, 'target'))
    if (field === 'resource' || field === 'containerResource') {
      validateResourceTarget(source.target, at.child(field, 'target'))
    }
  }
  for (const other of Object.values(FIELD)) {
    if (other !== field && metric[other]) {
      at.child(other).forbidden('must populate the given metric source only')
    }
  }
}

const SELECT = ['Disabled', 'Max', 'Min']

function validateRules(rules: HPAScalingRules | undefined, at: At): void {
  if (!rules) return
  const window = rules.stabilizationWindowSeconds
  if (window !== undefined && window < 0) {
    at.child('stabilizationWindowSeconds').invalid(window, 'must be greater than or equal to zero')
  }
  if (window !== undefined && window > MAX_WINDOW_SECONDS) {
    at.child('stabilizationWindowSeconds').invalid(window, `must be less than or equal to ${MAX_WINDOW_SECONDS}`)
  }
  if (rules.selectPolicy !== undefined && !SELECT.includes(rules.selectPolicy)) {
    at.child('selectPolicy').notSupported(rules.selectPolicy, SELECT)
  }
  if (rules.tolerance !== undefined && quantitySign(rules.tolerance) < 0) {
    at.child('tolerance').invalid(rules.tolerance, 'must be greater than or equal to 0')
  }
  const place = at.child('policies')
  if (!rules.policies) place.required('must specify at least one Policy')
  rules.policies?.forEach(({ type, value, periodSeconds }, i) => {
    const policyAt = place.index(i)
    if (type !== 'Pods' && type !== 'Percent') policyAt.child('type').notSupported(type, ['Percent', 'Pods'])
    if (value <= 0) policyAt.child('value').invalid(value, 'must be greater than zero')
    if (periodSeconds <= 0) policyAt.child('periodSeconds').invalid(periodSeconds, 'must be greater than zero')
    if (periodSeconds > MAX_PERIOD_SECONDS) {
      policyAt.child('periodSeconds').invalid(periodSeconds, `must be less than or equal to ${MAX_PERIOD_SECONDS}`)
    }
  })
}

export function validateAutoscaler(spec: HorizontalPodAutoscalerSpec, at: At): void {
  const { scaleTargetRef: target, minReplicas, maxReplicas, metrics = [], behavior } = spec
  // Upstream has HPAScaleToZero off by default.
  if (minReplicas < 1) at.child('minReplicas').invalid(minReplicas, 'must be greater than or equal to 1')
  if (maxReplicas < 1) at.child('maxReplicas').invalid(maxReplicas, 'must be greater than 0')
  if (maxReplicas < minReplicas) {
    at.child('maxReplicas').invalid(maxReplicas, 'must be greater than or equal to `minReplicas`')
  }
  for (const field of ['kind', 'name'] as const) {
    at.child('scaleTargetRef', field).invalidEach(target[field], isPathSegmentName(target[field]))
  }
  metrics.forEach((metric, i) => {
    validateMetric(metric, at.child('metrics').index(i))
  })
  validateRules(behavior?.scaleUp, at.child('behavior', 'scaleUp'))
  validateRules(behavior?.scaleDown, at.child('behavior', 'scaleDown'))
}
