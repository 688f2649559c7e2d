import type { Taint } from './node.ts'
import type { Toleration } from './pod/scheduling.ts'

/** Whether a toleration is for this taint (upstream component-helpers scheduling/corev1). */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false
  if (toleration.key && toleration.key !== taint.key) return false
  const { operator = 'Equal', value = '' } = toleration
  if (operator === 'Exists') return true
  if (operator === '' || operator === 'Equal') return value === (taint.value ?? '')
  const [bound, actual] = [Number(value), Number(taint.value)]
  if (!Number.isInteger(bound) || !Number.isInteger(actual)) return false
  return operator === 'Gt' ? actual > bound : operator === 'Lt' && actual < bound
}

/** The first of the taints with one of these effects that nothing tolerates. */
export function untolerated(
  taints: readonly Taint[] | undefined,
  tolerations: readonly Toleration[] | undefined,
  effects: readonly string[],
): Taint | undefined {
  return taints?.find(
    taint => effects.includes(taint.effect) && !tolerations?.some(toleration => tolerates(toleration, taint)),
  )
}
