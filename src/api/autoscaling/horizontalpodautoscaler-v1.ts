import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, int32, int64, message, ref, string, time } from '../../apimachinery/schema/types.ts'
import { autoscalerFromV2, autoscalerToV2 } from './convert.ts'
import { horizontalPodAutoscaler } from './horizontalpodautoscaler.ts'

const GROUP = 'k8s.io.api.autoscaling.v1'

export const crossVersionObjectReferenceV1 = message(
  `${GROUP}.CrossVersionObjectReference`,
  {
    kind: string(1).required().doc('Its kind.'),
    name: string(2).required().doc('Its name.'),
    apiVersion: string(3).doc('Its API version.'),
  },
  { atomic: true, doc: 'Names an object of any kind in the same namespace.' },
)

export const horizontalPodAutoscalerSpecV1 = message(
  `${GROUP}.HorizontalPodAutoscalerSpec`,
  {
    scaleTargetRef: ref(1, crossVersionObjectReferenceV1).present().doc('What to scale.'),
    minReplicas: int32(2).pointer().default(1).min(1).doc('The least it may have; 1 when left out.'),
    maxReplicas: int32(3).present().min(1).doc('The most it may have.'),
    targetCPUUtilizationPercentage: int32(4)
      .pointer()
      .min(1)
      .doc('Average CPU use, in percent of what the pods request, to keep; 80 when nothing else is given.'),
  },
  {
    doc: 'What to scale, between which bounds, by CPU use.',
    validate(spec, at) {
      if (spec.maxReplicas < spec.minReplicas) {
        at.child('maxReplicas').invalid(spec.maxReplicas, 'must be greater than or equal to `minReplicas`')
      }
    },
  },
)
export interface HorizontalPodAutoscalerSpecV1 extends Infer<typeof horizontalPodAutoscalerSpecV1> {}

export const horizontalPodAutoscalerStatusV1 = message(
  `${GROUP}.HorizontalPodAutoscalerStatus`,
  {
    observedGeneration: int64(1).pointer().doc('The generation last acted upon.'),
    lastScaleTime: time(2).pointer().doc('When it last scaled.'),
    currentReplicas: int32(3).present().doc('How many there are.'),
    desiredReplicas: int32(4).present().doc('How many there should be.'),
    currentCPUUtilizationPercentage: int32(5).pointer().doc('Average CPU use, in percent of what the pods request.'),
  },
  { doc: 'What is known of an autoscaler.' },
)

const fields = {
  spec: ref(2, horizontalPodAutoscalerSpecV1).present().doc('What to scale, between which bounds, by CPU use.'),
  status: ref(3, horizontalPodAutoscalerStatusV1).always().doc('What is known of it.'),
}
export interface HorizontalPodAutoscalerV1 extends ObjectOf<typeof fields> {}

const columns: readonly Column<HorizontalPodAutoscalerV1>[] | undefined = horizontalPodAutoscaler.columns?.map(
  column => ({ ...column, cell: (object, now) => column.cell(autoscalerToV2(object), now) }),
)

/** The older form of an autoscaler, which knows CPU use only; what it cannot say stands in annotations. */
export const horizontalPodAutoscalerV1 = kind({
  group: 'autoscaling',
  version: 'v1',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  shortNames: ['hpa'],
  categories: ['all'],
  scope: 'Namespaced',
  subresources: { status: true },
  doc: 'Scales a workload by its CPU use.',
  fields,
  columns,
  storedAs: {
    kind: horizontalPodAutoscaler,
    toStored: object => autoscalerToV2(object as HorizontalPodAutoscalerV1),
    fromStored: object => autoscalerFromV2(object as Parameters<typeof autoscalerFromV2>[0]),
  },
})
