import type { At } from '../../apimachinery/validation/at.ts'
import { IMMUTABLE_MESSAGE } from '../../apimachinery/validation/names.ts'
import { isStandardQuotaResource, validateQuotaResourceName, validateResourceQuantity } from './pod/resource-names.ts'
import type { ResourceQuota, ResourceQuotaSpec, ScopedResourceSelectorRequirement } from './resourcequota.ts'

const POD_SCOPES = [
  'BestEffort',
  'NotBestEffort',
  'Terminating',
  'NotTerminating',
  'PriorityClass',
  'CrossNamespacePodAffinity',
]
const SCOPES = [...POD_SCOPES, 'VolumeAttributesClass']
const PLAIN_SCOPES = ['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating', 'CrossNamespacePodAffinity']
const CONFLICTS = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
]
const COMPUTE = /^((requests|limits)\.)?(cpu|memory|ephemeral-storage)$/

/** Whether a scope says something about a resource: most are about pods, best-effort pods have no compute resources. */
function applies(scope: string, resource: string): boolean {
  if (scope === 'VolumeAttributesClass') {
    return resource === 'persistentvolumeclaims' || resource === 'requests.storage' || resource === 'storage'
  }
  if (scope === 'BestEffort') return resource === 'pods'
  if (POD_SCOPES.includes(scope)) return resource === 'pods' || COMPUTE.test(resource)
  return true
}

const conflicting = (scopes: readonly string[]) => CONFLICTS.filter(pair => pair.every(scope => scopes.includes(scope)))

function validateScopes({ scopes = [], hard = {} }: ResourceQuotaSpec, at: At): void {
  for (const scope of scopes) {
    if (!SCOPES.includes(scope)) at.invalid(scopes, 'unsupported scope')
    for (const name of Object.keys(hard).sort()) {
      if (isStandardQuotaResource(name) && !applies(scope, name)) {
        at.invalid(scopes, 'unsupported scope applied to resource')
      }
    }
  }
  for (const _ of conflicting(scopes)) at.invalid(scopes, 'conflicting scopes')
}

function validateExpression({ scopeName, operator, values = [] }: ScopedResourceSelectorRequirement, at: At): void {
  if (!SCOPES.includes(scopeName)) at.child('scopeName').invalid(scopeName, 'unsupported scope')
  if (PLAIN_SCOPES.includes(scopeName) && operator !== 'Exists') {
    at.child('operator').invalid(
      operator,
      "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
    )
  }
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) {
      at.child('values').required("must be at least one value when `operator` is 'In' or 'NotIn' for scope selector")
    }
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) {
      at.child('values').invalid(
        values,
        "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
      )
    }
  } else {
    at.child('operator').invalid(operator, 'not a valid selector operator')
  }
}

function validateList(resources: Readonly<Record<string, string>> | undefined, at: At): void {
  for (const [name, quantity] of Object.entries(resources ?? {})) {
    validateQuotaResourceName(name, at.key(name))
    validateResourceQuantity(name, quantity, at.key(name))
  }
}

export function validateResourceQuota({ spec, status }: ResourceQuota, at: At): void {
  const place = at.child('spec')
  validateList(spec.hard, place.child('hard'))
  validateList(status.hard, at.child('status', 'hard'))
  validateList(status.used, at.child('status', 'used'))
  validateScopes(spec, place.child('scopes'))
  const expressions = spec.scopeSelector?.matchExpressions ?? []
  const expressionsAt = place.child('scopeSelector', 'matchExpressions')
  for (const expression of expressions) {
    validateExpression(expression, expressionsAt)
    for (const name of Object.keys(spec.hard ?? {}).sort()) {
      if (isStandardQuotaResource(name) && !applies(expression.scopeName, name)) {
        expressionsAt.invalid(spec.scopeSelector, 'unsupported scope applied to resource')
      }
    }
  }
  for (const _ of conflicting(expressions.map(({ scopeName }) => scopeName))) {
    expressionsAt.invalid(spec.scopes ?? null, 'conflicting scopes')
  }
}

export function validateResourceQuotaUpdate({ spec }: ResourceQuota, { spec: old }: ResourceQuota, at: At): void {
  const sorted = (scopes: readonly string[] = []) => [...scopes].sort().join()
  if (sorted(spec.scopes) !== sorted(old.scopes)) {
    at.child('spec', 'scopes').invalid(spec.scopes ?? null, IMMUTABLE_MESSAGE)
  }
}
