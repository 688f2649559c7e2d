import { addQuantities, compareQuantities, parseQuantity, quantitySign } from '../../apimachinery/quantity.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import type { CapacityRequestPolicy, CapacityRequestPolicyRange } from './device.ts'
import { validateSet } from './lists.ts'

/** What one request can have of a capacity, after upstream's pkg/apis/resource/validation. */

const MAX_VALUES = 10

function validateValues(values: readonly string[], chosen: string, capacity: string, at: At): void {
  values.forEach((value, i) => {
    const before = values[i - 1]
    if (before !== undefined && compareQuantities(before, value) > 0) {
      at.index(i).invalid(value, 'values must be sorted in ascending order')
    }
  })
  validateSet(
    values,
    MAX_VALUES,
    at,
    value => String(parseQuantity(value).nanos),
    (value, place) => {
      if (compareQuantities(value, capacity) > 0) {
        place.invalid(value, `option is larger than capacity value: ${capacity}`)
      }
    },
  )
  if (!values.some(value => compareQuantities(value, chosen) === 0)) {
    at.invalid(chosen, 'default value is not valid according to the requestPolicy')
  }
}

function validateStep(value: string, { min, step }: { min: string; step: string }, at: At): void {
  const nanos = (text: string) => parseQuantity(text).nanos
  if ((nanos(value) - nanos(min)) % nanos(step) !== 0n) {
    at.invalid(value, `value is not a multiple of a given step (${step}) from (${min})`)
  }
}

function validateRange({ min, max, step }: CapacityRequestPolicyRange, chosen: string, capacity: string, at: At): void {
  if (min === undefined) return
  if (compareQuantities(min, capacity) > 0) {
    at.child('min').invalid(min, `min is larger than capacity value: ${capacity}`)
  }
  if (compareQuantities(chosen, min) < 0) at.child('default').invalid(chosen, `default is less than min: ${min}`)
  if (max !== undefined) {
    if (compareQuantities(min, max) > 0) at.child('max').invalid(min, `min is larger than max: ${max}`)
    if (compareQuantities(max, capacity) > 0) {
      at.child('max').invalid(max, `max is larger than capacity value: ${capacity}`)
    }
    if (compareQuantities(chosen, max) > 0) at.child('default').invalid(chosen, `default is more than max: ${max}`)
  }
  if (step === undefined) return
  const place = at.child('step')
  if (quantitySign(step) <= 0) {
    place.invalid(step, 'must be greater than zero')
    return
  }
  const next = addQuantities(min, step)
  if (compareQuantities(next, capacity) > 0) {
    place.invalid(step, `one step ${next} is larger than capacity value: ${capacity}`)
  }
  validateStep(chosen, { min, step }, place)
  if (max !== undefined) validateStep(max, { min, step }, place)
}

export function validateRequestPolicy(capacity: string, policy: CapacityRequestPolicy, at: At): void {
  const { default: chosen, validValues = [], validRange } = policy
  if (validValues.length > 0 && validRange) {
    at.forbidden('exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time')
  } else if (validValues.length > 0) {
    if (chosen === undefined) at.child('default').required('required when validValues is defined')
    else validateValues(validValues, chosen, capacity, at.child('validValues'))
  } else if (validRange) {
    if (chosen === undefined) at.child('default').required('required when validRange is defined')
    else validateRange(validRange, chosen, capacity, at.child('validRange'))
  }
}
