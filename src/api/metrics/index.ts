import type { Kind } from '../../apimachinery/schema/kind.ts'
import { nodeMetrics } from './nodemetrics.ts'
import { podMetrics } from './podmetrics.ts'

export { type NodeMetrics, nodeMetrics } from './nodemetrics.ts'
export { type PodMetrics, podMetrics } from './podmetrics.ts'

/** What is computed when it is asked for: no kinds of stored objects. */
export const computedKinds: readonly Kind[] = [nodeMetrics, podMetrics]
