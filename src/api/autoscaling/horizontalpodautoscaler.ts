import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import {
  type Infer,
  int32,
  int64,
  list,
  message,
  quantity,
  ref,
  string,
  time,
} from '../../apimachinery/schema/types.ts'
import { age, column } from '../columns.ts'
import { showMetrics } from './horizontalpodautoscaler-columns.ts'
import { defaultAutoscaler, validateAutoscaler } from './horizontalpodautoscaler-rules.ts'
import { crossVersionObjectReference, metricSpec, metricStatus } from './metrics.ts'

export const hpaScalingPolicy = message(
  'k8s.io.api.autoscaling.v2.HPAScalingPolicy',
  {
    type: string(1).present().doc('Pods or Percent.'),
    value: int32(2).present().doc('How many pods, or how many percent.'),
    periodSeconds: int32(3).present().doc('In how many seconds; 1800 at most.'),
  },
  {
    doc: 'How fast to scale.',
  },
)
export interface HPAScalingPolicy extends Infer<typeof hpaScalingPolicy> {}

export const hpaScalingRules = message(
  'k8s.io.api.autoscaling.v2.HPAScalingRules',
  {
    stabilizationWindowSeconds: int32(3)
      .pointer()
      .doc('Seconds over which the best recommendation counts; 3600 at most.'),
    selectPolicy: string(1).pointer().doc('Max, Min, or Disabled: not at all in this direction.'),
    policies: list(2, hpaScalingPolicy).atomic().doc('How fast; one at least.'),
    tolerance: quantity(4).pointer().doc('By what part a metric may be off without scaling.'),
  },
  {
    doc: 'How to scale in one direction.',
  },
)
export interface HPAScalingRules extends Infer<typeof hpaScalingRules> {}

export const horizontalPodAutoscalerBehavior = message(
  'k8s.io.api.autoscaling.v2.HorizontalPodAutoscalerBehavior',
  {
    scaleUp: ref(1, hpaScalingRules).doc('Upwards.'),
    scaleDown: ref(2, hpaScalingRules).doc('Downwards.'),
  },
  {
    doc: 'How to scale.',
  },
)
export interface HorizontalPodAutoscalerBehavior extends Infer<typeof horizontalPodAutoscalerBehavior> {}

export const horizontalPodAutoscalerSpec = message(
  'k8s.io.api.autoscaling.v2.HorizontalPodAutoscalerSpec',
  {
    scaleTargetRef: ref(1, crossVersionObjectReference).present().doc('What to scale.'),
    minReplicas: int32(2).pointer().default(1).doc('The least it may have; 1 when left out.'),
    maxReplicas: int32(3).present().doc('The most it may have.'),
    metrics: list(4, metricSpec).atomic().doc('What to scale by; the largest answer counts.'),
    behavior: ref(5, horizontalPodAutoscalerBehavior).doc('How to scale.'),
  },
  {
    doc: 'What to scale, between which bounds, by what.',
    defaults(spec) {
      defaultAutoscaler(spec)
    },
    validate(spec, at) {
      validateAutoscaler(spec, at)
    },
  },
)
export interface HorizontalPodAutoscalerSpec extends Infer<typeof horizontalPodAutoscalerSpec> {}

export const horizontalPodAutoscalerCondition = message(
  'k8s.io.api.autoscaling.v2.HorizontalPodAutoscalerCondition',
  {
    type: string(1).present().doc('What is observed: AbleToScale, ScalingActive or ScalingLimited.'),
    status: string(2).present().doc('True, False or Unknown.'),
    lastTransitionTime: time(3).doc('When the status last changed.'),
    reason: string(4).doc('Why it last changed, as one CamelCase word.'),
    message: string(5).doc('The same for human readers.'),
  },
  {
    doc: 'One observation about an autoscaler.',
  },
)
export interface HorizontalPodAutoscalerCondition extends Infer<typeof horizontalPodAutoscalerCondition> {}

export const horizontalPodAutoscalerStatus = message(
  'k8s.io.api.autoscaling.v2.HorizontalPodAutoscalerStatus',
  {
    observedGeneration: int64(1).pointer().doc('The generation last acted upon.'),
    lastScaleTime: time(2).pointer().doc('When it last scaled.'),
    currentReplicas: int32(3).doc('How many there are.'),
    desiredReplicas: int32(4).present().doc('How many there should be.'),
    currentMetrics: list(5, metricStatus).always().atomic().doc('What the metrics are.'),
    conditions: list(6, horizontalPodAutoscalerCondition)
      .mapKeys('type')
      .patchMerge('type')
      .doc('Observations, by type.'),
  },
  {
    doc: 'What is known of an autoscaler.',
  },
)
export interface HorizontalPodAutoscalerStatus extends Infer<typeof horizontalPodAutoscalerStatus> {}

const fields = {
  spec: ref(2, horizontalPodAutoscalerSpec).present().doc('What to scale, between which bounds, by what.'),
  status: ref(3, horizontalPodAutoscalerStatus).always().doc('What is known of it.'),
}
export interface HorizontalPodAutoscaler extends ObjectOf<typeof fields> {}

const columns: readonly Column<HorizontalPodAutoscaler>[] = [
  column('Reference', ({ spec: { scaleTargetRef: target } }) => `${target.kind}/${target.name}`, 'What it scales.'),
  column(
    'Targets',
    ({ spec, status }) => showMetrics(spec.metrics, status.currentMetrics),
    'Metrics, and what they should be.',
  ),
  column('MinPods', ({ spec }) => String(spec.minReplicas), 'The least it may have.'),
  column('MaxPods', ({ spec }) => spec.maxReplicas, 'The most it may have.'),
  column('Replicas', ({ status }) => status.currentReplicas ?? 0, 'How many there are.'),
  age,
]

export const horizontalPodAutoscaler = kind({
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  shortNames: ['hpa'],
  categories: ['all'],
  scope: 'Namespaced',
  subresources: { status: true },
  doc: 'Scales a workload by its metrics.',
  fields,
  columns,
})
