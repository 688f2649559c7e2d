import type { At } from './at.ts'
import { isLabelValue, isQualifiedName } from './names.ts'

/** A label's key. */
export function validateLabelName(name: string, at: At): void {
  for (const message of isQualifiedName(name)) at.invalid(name, message)
}

/** Keys and values of a set of labels. */
export function validateLabels(labels: Readonly<Record<string, string>> | undefined, at: At): void {
  for (const key in labels) {
    const value = labels[key]!
    validateLabelName(key, at)
    for (const message of isLabelValue(value)) at.invalid(value, message)
  }
}

interface Requirement {
  readonly key: string
  readonly operator: string
  readonly values?: readonly string[]
}

/** One condition of a label selector. */
export function validateLabelSelectorRequirement({ key, operator, values = [] }: Requirement, at: At): void {
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) at.child('values').required("must be specified when `operator` is 'In' or 'NotIn'")
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) {
      at.child('values').forbidden("may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
    }
  } else {
    at.child('operator').invalid(operator, 'not a valid selector operator')
  }
  validateLabelName(key, at.child('key'))
  values.forEach((value, i) => {
    for (const message of isLabelValue(value)) at.child('values').index(i).invalid(value, message)
  })
}
