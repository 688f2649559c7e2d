import type { Diagnosis } from './diagnosis.ts'
import type { PluginContext } from './framework.ts'
import type { PodFilter } from './pod-filter.ts'
import type { PodInfo } from './pod-info.ts'

/** What a post filter found for a pod that fits nowhere. */
export interface PostFilterResult {
  /** For the end of the pod's message, as `preemption: ...`. */
  readonly message?: string
  /** The node that room is being made on; '' takes an earlier nomination back. */
  readonly nominatedNodeName?: string
}

/** Makes room for a pod that fits nowhere, if it can. */
export interface PostFilter {
  readonly name: string
  run(pod: PodInfo, filter: PodFilter, diagnosis: Diagnosis, context: PluginContext): PostFilterResult
}
