import type { LabelSelector } from '../../../apimachinery/meta/label-selector.ts'
import type { At } from '../../../apimachinery/validation/at.ts'
import { validateLabelName } from '../../../apimachinery/validation/labels.ts'
import { isDNS1123Label, isDNS1123Subdomain, isLabelValue } from '../../../apimachinery/validation/names.ts'
import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PodAffinityTerm } from './affinity.ts'

function validateExpression({ key, operator, values = [] }: NodeSelectorRequirement, at: At): void {
  const place = at.child('values')
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) place.required("must be specified when `operator` is 'In' or 'NotIn'")
      break
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) place.forbidden("may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
      break
    case 'Gt':
    case 'Lt':
      if (values.length !== 1) place.required("must be specified single value when `operator` is 'Lt' or 'Gt'")
      break
    default:
      at.child('operator').invalid(operator, 'not a valid selector operator')
  }
  validateLabelName(key, at.child('key'))
}

function validateField({ key, operator, values = [] }: NodeSelectorRequirement, at: At): void {
  if (operator !== 'In' && operator !== 'NotIn') {
    at.child('operator').invalid(operator, 'not a valid selector operator')
  } else if (values.length !== 1) {
    at.child('values').required("must be only one value when `operator` is 'In' or 'NotIn' for node field selector")
  }
  if (key !== 'metadata.name') {
    at.child('key').invalid(key, 'not a valid field selector key')
    return
  }
  values.forEach((value, i) => {
    at.child('values').index(i).invalidEach(value, isDNS1123Subdomain(value))
  })
}

export function validateNodeSelectorTerm(term: NodeSelectorTerm, at: At): void {
  term.matchExpressions?.forEach((expression, i) => {
    validateExpression(expression, at.child('matchExpressions').index(i))
  })
  term.matchFields?.forEach((field, i) => {
    validateField(field, at.child('matchFields').index(i))
  })
}

/** Where a node selector is a condition, not a wish, its values have to be such that a label can have them. */
export function validateNodeSelector(selector: NodeSelector, at: At): void {
  const terms = at.child('nodeSelectorTerms')
  if (selector.nodeSelectorTerms.length === 0) terms.required('must have at least one node selector term')
  selector.nodeSelectorTerms.forEach((term, i) => {
    term.matchExpressions?.forEach(({ values }, j) => {
      values?.forEach((value, k) => {
        const place = terms.index(i).child('matchExpressions').index(j).child('values').index(k)
        place.invalidEach(value, isLabelValue(value))
      })
    })
  })
}

export function validateWeight(weight: number, at: At): void {
  if (weight < 1 || weight > 100) at.invalid(weight, 'must be in the range 1-100')
}

function validateKeys(keys: readonly string[] | undefined, selector: LabelSelector | undefined, at: At): void {
  if (!keys?.length) return
  if (!selector) {
    at.forbidden('must not be specified when labelSelector is not set')
    return
  }
  keys.forEach((key, i) => {
    validateLabelName(key, at.index(i))
  })
}

/** Labels taken from the pod itself: a selector must not decide on the same ones. */
export function validateMatchLabelKeys(
  match: readonly string[] | undefined,
  mismatch: readonly string[] | undefined,
  selector: LabelSelector | undefined,
  at: At,
): void {
  validateKeys(match, selector, at.child('matchLabelKeys'))
  validateKeys(mismatch, selector, at.child('mismatchLabelKeys'))
  const seen = new Set(Object.keys(selector?.matchLabels ?? {}))
  for (const { key } of selector?.matchExpressions ?? []) {
    const i = match?.indexOf(key) ?? -1
    if (i >= 0 && seen.has(key)) at.index(i).invalid(key, 'exists in both matchLabelKeys and labelSelector')
    seen.add(key)
  }
  match?.forEach((key, i) => {
    if (!mismatch?.includes(key)) return
    at.child('matchLabelKeys').index(i).invalid(key, 'exists in both matchLabelKeys and mismatchLabelKeys')
  })
}

export function validatePodAffinityTerm(term: PodAffinityTerm, at: At): void {
  for (const name of term.namespaces ?? []) at.child('namespace').invalidEach(name, isDNS1123Label(name))
  validateMatchLabelKeys(term.matchLabelKeys, term.mismatchLabelKeys, term.labelSelector, at)
  if (term.topologyKey === '') at.child('topologyKey').required('can not be empty')
  validateLabelName(term.topologyKey, at.child('topologyKey'))
}
