/** A number of replicas, and whether and why it is not what metrics ask for. */
export interface Limited {
  readonly replicas: number
  readonly reason: string
  readonly message: string
}

const LIMITS = {
  ScaleUpLimit: 'the desired replica count is increasing faster than the maximum scale rate',
  ScaleDownLimit: 'the desired replica count is decreasing faster than the maximum scale rate',
  TooManyReplicas: 'the desired replica count is more than the maximum replica count',
  TooFewReplicas: 'the desired replica count is less than the minimum replica count',
  DesiredWithinRange: 'the desired count is within the acceptable range',
} as const

/** The number of replicas with its reason, as the condition ScalingLimited has it. */
export const limited = (replicas: number, reason: keyof typeof LIMITS): Limited => ({
  replicas,
  reason,
  message: LIMITS[reason],
})
