import type { At } from '../../apimachinery/validation/at.ts'
import { validateAtMostAll, validateIntOrPercent } from '../apps/int-or-percent.ts'
import type { PodDisruptionBudgetSpec } from './poddisruptionbudget.ts'

export function validateBudget(spec: PodDisruptionBudgetSpec, at: At): void {
  if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined) {
    at.invalid(spec, 'minAvailable and maxUnavailable cannot be both set')
  }
  for (const field of ['minAvailable', 'maxUnavailable'] as const) {
    const value = spec[field]
    if (value === undefined) continue
    validateIntOrPercent(value, at.child(field))
    validateAtMostAll(value, at.child(field))
  }
}
