import type { At } from '../../apimachinery/validation/at.ts'
import type { PodGroupResourceClaim, PodGroupTemplate } from './pod-group-spec.ts'
import type { PodGroup } from './podgroup.ts'

/** The rules of groups of pods, as upstream's k8s.io/api/scheduling/v1alpha2 states them in its tags. */

const MAX_TEMPLATES = 8
const MAX_CLAIMS = 4
const MAX_TOPOLOGY = 1

/** Exactly one of these fields is set. */
export function validateOneOf<T extends object>(value: T, fields: readonly (keyof T & string)[], at: At): void {
  const quoted = (names: readonly string[]) => names.map(name => `\`${name}\``).join(', ')
  const set = fields.filter(field => value[field] !== undefined)
  if (set.length === 0) at.invalid('', `must specify one of: ${quoted(fields)}`)
  else if (set.length > 1) at.invalid(`{${quoted(set)}}`, `must specify exactly one of: ${quoted(fields)}`)
}

function validateNamed(items: readonly { readonly name: string }[], max: number, at: At): void {
  if (items.length > max) at.tooMany(items.length, max)
  items.forEach(({ name }, i) => {
    if (items.findIndex(item => item.name === name) < i) at.index(i).duplicate({ name })
  })
}

export function validateConstraints({ topology = [] }: { readonly topology?: readonly object[] }, at: At): void {
  if (topology.length > MAX_TOPOLOGY) at.child('topology').tooMany(topology.length, MAX_TOPOLOGY)
}

export function validateClaims(claims: readonly PodGroupResourceClaim[] | undefined, at: At): void {
  if (claims) validateNamed(claims, MAX_CLAIMS, at)
}

export function validateTemplates(templates: readonly PodGroupTemplate[], at: At): void {
  validateNamed(templates, MAX_TEMPLATES, at)
}

/** The claims of the status are those of the spec. */
export function validateClaimStatuses({ spec, status }: PodGroup, at: At): void {
  const { resourceClaimStatuses = [] } = status
  validateNamed(resourceClaimStatuses, MAX_CLAIMS, at)
  resourceClaimStatuses.forEach(({ name }, i) => {
    if (spec.resourceClaims?.some(claim => claim.name === name)) return
    at.index(i).child('name').invalid(name, 'must match the name of an entry in `spec.resourceClaims`')
  })
}
