import type { KubeObject } from '../../apimachinery/schema/kind.ts'
import { horizontalPodAutoscaler } from '../autoscaling/index.ts'
import { autoscalerFromCurrent, autoscalerToCurrent } from './autoscaling-convert.ts'
import { oldMetricMessages } from './autoscaling-metrics.ts'
import { type Difference, oldVersion } from './old-version.ts'

/** Fields that have come since. */
const withoutTolerance: Difference = { fields: ({ tolerance: _, ...fields }) => fields }
const withoutBehavior: Difference = { fields: ({ behavior: _, ...fields }) => fields }

interface Spec {
  metrics?: unknown[]
}
const CPU = { type: 'Resource', resource: { name: 'cpu', targetAverageUtilization: 80 } }

/** autoscaling/v2beta1 and v2beta2. */
export const oldAutoscaling = [
  oldVersion(horizontalPodAutoscaler, {
    version: 'v2beta2',
    deprecated: '1.23',
    removed: '1.26',
    messages: { HPAScalingRules: withoutTolerance },
  }),
  oldVersion(horizontalPodAutoscaler, {
    version: 'v2beta1',
    deprecated: '1.22',
    removed: '1.25',
    messages: {
      ...oldMetricMessages,
      HorizontalPodAutoscalerSpec: {
        ...withoutBehavior,
        defaults(value) {
          const spec = value as Spec
          spec.metrics ??= [structuredClone(CPU)]
        },
      },
    },
    toCurrent: (object: KubeObject) => autoscalerToCurrent(object),
    fromCurrent: (object: KubeObject) => autoscalerFromCurrent(object),
  }),
]
