export { type HorizontalPodAutoscaler, horizontalPodAutoscaler } from './horizontalpodautoscaler.ts'
export { type Scale, scale } from './scale.ts'
