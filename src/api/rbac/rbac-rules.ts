import { deepEqual } from '../../apimachinery/json.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import { isPathSegmentName, nameIsDNSSubdomain } from '../../apimachinery/validation/names.ts'
import type { PolicyRule, RoleRef, Subject } from './rules.ts'

/** The rules of RBAC's kinds, after upstream's pkg/apis/rbac/validation. */

const GROUP = 'rbac.authorization.k8s.io'
const SUBJECT_KINDS = ['ServiceAccount', 'User', 'Group']

function validateRule(rule: PolicyRule, namespaced: boolean, at: At): void {
  if (rule.verbs.length === 0) at.child('verbs').required('verbs must contain at least one value')
  if (rule.nonResourceURLs) {
    const place = at.child('nonResourceURLs')
    if (namespaced) place.invalid(rule.nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs')
    if (rule.apiGroups || rule.resources || rule.resourceNames) {
      place.invalid(rule.nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs')
    }
    return
  }
  if (!rule.apiGroups) at.child('apiGroups').required('resource rules must supply at least one api group')
  if (!rule.resources) at.child('resources').required('resource rules must supply at least one resource')
}

export function validateRules(rules: readonly PolicyRule[] | undefined, namespaced: boolean, at: At): void {
  rules?.forEach((rule, i) => {
    validateRule(rule, namespaced, at.index(i))
  })
}

function validateSubject(subject: Subject, namespaced: boolean, at: At): void {
  const { kind, apiGroup = '', name, namespace } = subject
  if (kind === 'ServiceAccount') {
    if (name) at.child('name').invalidEach(name, nameIsDNSSubdomain(name, false))
    if (apiGroup) at.child('apiGroup').notSupported(apiGroup, [''])
    if (!namespaced && !namespace) at.child('namespace').required()
  } else if (kind === 'User' || kind === 'Group') {
    if (apiGroup !== GROUP) at.child('apiGroup').notSupported(apiGroup, [GROUP])
  } else {
    at.child('kind').notSupported(kind, SUBJECT_KINDS)
  }
}

interface Binding {
  readonly roleRef: RoleRef
  readonly subjects?: readonly Subject[]
}

export function validateBinding(binding: Binding, kinds: readonly string[], namespaced: boolean, at: At): void {
  const { apiGroup, kind, name } = binding.roleRef
  const place = at.child('roleRef')
  if (apiGroup !== GROUP) place.child('apiGroup').notSupported(apiGroup, [GROUP])
  if (!kinds.includes(kind)) place.child('kind').notSupported(kind, kinds)
  if (name === '') place.child('name').required()
  else place.child('name').invalidEach(name, isPathSegmentName(name))
  binding.subjects?.forEach((subject, i) => {
    validateSubject(subject, namespaced, at.child('subjects').index(i))
  })
}

export function validateBindingUpdate(binding: Binding, old: Binding, at: At): void {
  if (!deepEqual(binding.roleRef, old.roleRef)) at.child('roleRef').invalid(binding.roleRef, 'cannot change roleRef')
}
