import type { At } from '../../apimachinery/validation/at.ts'
import { validateLabelName } from '../../apimachinery/validation/labels.ts'
import { validateSet } from './lists.ts'

const MAX_CONDITIONS = 4

interface BindingConditions {
  readonly bindingConditions?: readonly string[]
  readonly bindingFailureConditions?: readonly string[]
}

/** Conditions for binding come with conditions for its failure, and are others. */
export function validateBindingConditions(device: BindingConditions, at: At): void {
  const { bindingConditions: good = [], bindingFailureConditions: bad = [] } = device
  const [goodAt, badAt] = [at.child('bindingConditions'), at.child('bindingFailureConditions')]
  validateSet(good, MAX_CONDITIONS, goodAt, name => name, validateLabelName)
  validateSet(bad, MAX_CONDITIONS, badAt, name => name, validateLabelName)
  bad.forEach((name, i) => {
    if (good.includes(name)) {
      badAt.index(i).invalid(name, 'bindingFailureConditions must not overlap with bindingConditions')
    }
  })
  if (good.length === 0 && bad.length > 0) {
    goodAt.invalid(good, 'bindingConditions are required to use bindingFailureConditions')
  }
  if (bad.length === 0 && good.length > 0) {
    badAt.invalid(bad, 'bindingFailureConditions are required to use bindingConditions')
  }
}
