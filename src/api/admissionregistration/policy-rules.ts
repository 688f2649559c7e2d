import type { At } from '../../apimachinery/validation/at.ts'
import { isDNS1035Label, isDNS1123Subdomain, isPathSegmentName } from '../../apimachinery/validation/names.ts'
import type { MatchResources, NamedRuleWithOperations, ParamKind, ParamRef, Variable } from './policy-match.ts'
import { validateRule } from './webhook-rules.ts'

/**
 * Rules that admission policies share, after upstream's pkg/apis/admissionregistration/validation. Expressions are
 * compiled in expressions.ts.
 */

const MISSING_ACTIONS = ['Allow', 'Deny']
const IDENTIFIER = /^[_a-zA-Z][_a-zA-Z0-9]*$/
const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
)

/** Whether a text has anything but white space. */
export const isBlank = (text: string): boolean => text.trim() === ''

export function validateNamedRule(rule: NamedRuleWithOperations, at: At): void {
  const { resourceNames = [] } = rule
  resourceNames.forEach((name, i) => {
    const place = at.child('resourceNames').index(i)
    place.invalidEach(name, isPathSegmentName(name))
    if (resourceNames.indexOf(name) < i) place.duplicate(name)
  })
  validateRule(rule, at)
}

export function validateParamKind({ apiVersion = '', kind = '' }: ParamKind, at: At): void {
  const place = at.child('apiVersion')
  const parts = apiVersion.split('/')
  if (apiVersion === '') place.required()
  else if (parts.length > 2) place.invalid(apiVersion, `unexpected GroupVersion string: ${apiVersion}`)
  else {
    const version = parts.at(-1)!
    const group = parts.length === 2 ? parts[0]! : ''
    const groupProblems = group === '' ? [] : isDNS1123Subdomain(group)
    if (groupProblems.length > 0) place.invalid(group, groupProblems.join(','))
    const problems = isDNS1035Label(version)
    if (version === '') place.invalid(apiVersion, 'version must be specified')
    else if (problems.length > 0) place.invalid(version, problems.join(','))
  }
  const problems = isDNS1035Label(kind.toLowerCase())
  if (kind === '') at.child('kind').required()
  else if (problems.length > 0) {
    at.child('kind').invalid(kind, `may have mixed case, but should otherwise match: ${problems.join(',')}`)
  }
}

export function validateParamRef({ name = '', selector, parameterNotFoundAction: action }: ParamRef, at: At): void {
  const exclusive = 'name and selector are mutually exclusive'
  if (name !== '') {
    at.child('name').invalidEach(name, isPathSegmentName(name))
    if (selector) at.child('name').forbidden(exclusive)
  }
  if (selector && name !== '') at.child('selector').forbidden(exclusive)
  if (name === '' && !selector) at.required('one of name or selector must be specified')
  const place = at.child('parameterNotFoundAction')
  if (!action) place.required()
  else if (!MISSING_ACTIONS.includes(action)) place.notSupported(action, MISSING_ACTIONS)
}

export function validateVariable({ name, expression }: Variable, at: At): void {
  if (isBlank(name)) at.child('name').required('name is not specified')
  else if (!IDENTIFIER.test(name) || RESERVED.has(name)) {
    at.child('name').invalid(name, 'name is not a valid CEL identifier')
  }
  if (isBlank(expression)) at.child('expression').required('expression is not specified')
}

/** A policy says which resources it is about; that tells the types in its expressions. */
export function validateMatchConstraints(match: MatchResources | undefined, at: At): void {
  if (!match) at.required()
  else if (!match.resourceRules?.length) at.child('resourceRules').required()
}

export function validatePolicyName(name: string, at: At): void {
  if (name === '') at.required()
  else at.invalidEach(name, isDNS1123Subdomain(name))
}
