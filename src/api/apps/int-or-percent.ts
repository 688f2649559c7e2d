import { type IntOrString, percentOf } from '../../apimachinery/intstr.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import { isPercent, NEGATIVE_MESSAGE } from '../../apimachinery/validation/names.ts'

/** A count that is not negative, or a percentage. */
export function validateIntOrPercent(value: IntOrString, at: At): void {
  if (typeof value === 'string') at.invalidEach(value, isPercent(value))
  else if (value < 0) at.invalid(value, NEGATIVE_MESSAGE)
}

/** At most all of them. */
export function validateAtMostAll(value: IntOrString, at: At): void {
  if ((percentOf(value) ?? 0) > 100) at.invalid(value, 'must not be greater than 100%')
}

/** Whether a count or percentage comes to nothing, whatever it is of. */
export const isNone = (value: IntOrString): boolean =>
  typeof value === 'string' ? percentOf(value) === 0 : value === 0
