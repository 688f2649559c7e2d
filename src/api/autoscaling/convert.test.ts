import { expect, test } from 'vitest'
import { decode } from '../../apimachinery/schema/decode.ts'
import { autoscalerFromV2, autoscalerToV2 } from './convert.ts'
import { type HorizontalPodAutoscaler, horizontalPodAutoscaler } from './horizontalpodautoscaler.ts'
import { type HorizontalPodAutoscalerV1, horizontalPodAutoscalerV1 } from './horizontalpodautoscaler-v1.ts'

const scaleTargetRef = { kind: 'Deployment', name: 'web', apiVersion: 'apps/v1' }
const v1 = (spec: object) =>
  decode(
    horizontalPodAutoscalerV1.message,
    { metadata: { name: 'web' }, spec: { scaleTargetRef, maxReplicas: 5, ...spec } },
    { defaults: true },
  ) as HorizontalPodAutoscalerV1

test('a percentage of CPU becomes a metric, and back', () => {
  const stored = autoscalerToV2(v1({ targetCPUUtilizationPercentage: 60 }))
  expect(stored.spec.metrics).toEqual([
    { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } },
  ])
  expect(autoscalerFromV2(stored).spec).toEqual({
    scaleTargetRef,
    minReplicas: 1,
    maxReplicas: 5,
    targetCPUUtilizationPercentage: 60,
  })
})

test('80 % is kept where nothing is said', () => {
  expect(autoscalerToV2(v1({})).spec.metrics?.[0]?.resource?.target.averageUtilization).toBe(80)
})

test('what the older version cannot say survives in annotations', () => {
  const pods = { metric: { name: 'hits' }, target: { type: 'AverageValue', averageValue: '10' } }
  const object = decode(
    horizontalPodAutoscaler.message,
    {
      metadata: { name: 'web', annotations: { mine: 'yes' } },
      spec: { scaleTargetRef, maxReplicas: 5, metrics: [{ type: 'Pods', pods }], behavior: { scaleUp: {} } },
      status: { desiredReplicas: 2, conditions: [{ type: 'AbleToScale', status: 'True' }] },
    },
    { defaults: true },
  ) as HorizontalPodAutoscaler
  const old = autoscalerFromV2(object)
  expect(old.spec.targetCPUUtilizationPercentage).toBeUndefined()
  expect(Object.keys(old.metadata.annotations ?? {})).toHaveLength(4)
  const { apiVersion: _, kind: __, ...back } = autoscalerToV2(old)
  expect(back).toEqual({ ...object, status: { ...object.status, currentReplicas: 0 } })
})

test('nonsense in the annotations is as good as nothing', () => {
  const object = v1({})
  object.metadata.annotations = { 'autoscaling.alpha.kubernetes.io/metrics': '{' }
  expect(autoscalerToV2(object).spec.metrics).toHaveLength(1)
})
