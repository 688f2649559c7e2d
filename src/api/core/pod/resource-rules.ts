import { compareQuantities, quantityRoundedToMilli } from '../../../apimachinery/quantity.ts'
import type { At } from '../../../apimachinery/validation/at.ts'
import { isDNS1123Label } from '../../../apimachinery/validation/names.ts'
import {
  isHugePages,
  mayOvercommit,
  validateContainerResourceName,
  validateHugePages,
  validatePodResourceName,
  validateResourceQuantity,
} from './resource-names.ts'
import type { ResourceRequirements } from './resources.ts'

type ResourceList = Record<string, string>

/** Resources are kept in thousandths; finer amounts are rounded up. */
export function roundResources(resources: ResourceList | undefined): void {
  for (const name in resources) resources[name] = quantityRoundedToMilli(resources[name]!)
}

function validateList(
  resources: ResourceList,
  at: At,
  validateName: (name: string, at: At) => void,
  alsoEach: (name: string, quantity: string) => void = () => {},
): void {
  for (const [name, quantity] of Object.entries(resources)) {
    const place = at.key(name)
    validateName(name, place)
    validateResourceQuantity(name, quantity, place)
    alsoEach(name, quantity)
    validateHugePages(name, quantity, place)
  }
}

function validateRequirements(
  { limits = {}, requests = {} }: ResourceRequirements,
  at: At,
  validateName: (name: string, at: At) => void,
): void {
  const [limitsAt, requestsAt] = [at.child('limits'), at.child('requests')]
  validateList(limits, limitsAt, validateName)
  validateList(requests, requestsAt, validateName, (name, request) => {
    const limit = limits[name]
    if (limit === undefined) {
      if (!mayOvercommit(name)) limitsAt.required('Limit must be set for non overcommitable resources')
    } else if (!mayOvercommit(name) && compareQuantities(request, limit) !== 0) {
      requestsAt.invalid(request, `must be equal to ${name} limit of ${limit}`)
    } else if (compareQuantities(request, limit) > 0) {
      requestsAt.invalid(request, `must be less than or equal to ${name} limit of ${limit}`)
    }
  })
  const names = [...Object.keys(limits), ...Object.keys(requests)]
  if (names.some(isHugePages) && !names.includes('cpu') && !names.includes('memory')) {
    at.forbidden('HugePages require cpu or memory')
  }
}

/** What a container may use and what is kept for it. */
export const validateContainerResources = (resources: ResourceRequirements, at: At): void =>
  validateRequirements(resources, at, validateContainerResourceName)

/** What a pod as a whole may use and what is kept for it. */
export const validatePodLevelResources = (resources: ResourceRequirements, at: At): void =>
  validateRequirements(resources, at, validatePodResourceName)

/** What the runtime itself needs for a pod. */
export const validateOverhead = (overhead: ResourceList, at: At): void =>
  validateList(overhead, at, validateContainerResourceName)

/** The claims a container uses: each once, and among those of the pod. */
export function validateClaims(claims: ResourceRequirements['claims'], podClaims: ReadonlySet<string>, at: At): void {
  const seen = new Set<string>()
  claims?.forEach(({ name, request }, i) => {
    const place = at.index(i)
    if (name === '') {
      place.required()
      return
    }
    if (request) place.child('request').invalidEach(request, isDNS1123Label(request))
    const key = request ? `${name}/${request}` : name
    if (seen.has(name)) place.duplicate(name)
    else if (seen.has(key)) place.duplicate(key)
    else if (!request && [...seen].some(other => other.startsWith(`${name}/`))) place.duplicate(name)
    seen.add(key)
    if (podClaims.has(name)) return
    const known = podClaims.size === 0 ? ' which is empty' : `: ${[...podClaims].sort().join(', ')}`
    place.notFound(name, `must be one of the names in pod.spec.resourceClaims${known}`)
  })
}
