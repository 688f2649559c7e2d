/** What a post filter found for a pod that fits nowhere. */
export interface PostFilterResult {
  /** For the end of the pod's message, as `preemption: ...`. */
  readonly message?: string
  /** The node that room is being made on; '' takes an earlier nomination back. */
  readonly nominatedNodeName?: string
  /** The others are not asked. */
  readonly final?: boolean
}
