import { parseQuantity, quantityMilliValue, quantitySign, quantityValue } from '../../../apimachinery/quantity.ts'
import type { At } from '../../../apimachinery/validation/at.ts'
import { isQualifiedName } from '../../../apimachinery/validation/names.ts'

/** Names of resources and the amounts they take, after upstream's pkg/apis/core/helper. */

const COMPUTE = ['cpu', 'memory', 'ephemeral-storage']
const OBJECTS = [
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]
const QUOTA = new Set([
  ...COMPUTE,
  ...COMPUTE.map(name => `requests.${name}`),
  ...COMPUTE.map(name => `limits.${name}`),
  ...OBJECTS,
])
const STANDARD = new Set([...QUOTA, 'storage', 'requests.storage'])
const POD_LEVEL = ['cpu', 'memory']

export const isHugePages = (name: string): boolean => name.startsWith('hugepages-')
const isQuotaHugePages = (name: string) => isHugePages(name) || name.startsWith('requests.hugepages-')
const isPrefixed = (name: string) => name.includes('/')

/** Known to Kubernetes itself: without a domain, or in kubernetes.io. */
export const isNativeResource = (name: string): boolean => !isPrefixed(name) || name.includes('kubernetes.io/')

/** Brought by a device plugin or an operator, as example.com/gpu. */
export const isExtendedResource = (name: string): boolean =>
  !isNativeResource(name) && !name.startsWith('requests.') && isQualifiedName(`requests.${name}`).length === 0

export const isStandardQuotaResource = (name: string): boolean => QUOTA.has(name) || isQuotaHugePages(name)

/** Whether limits may be above requests. */
export const mayOvercommit = (name: string): boolean => isNativeResource(name) && !isHugePages(name)

const comesInWholes = (name: string) => OBJECTS.includes(name) || isExtendedResource(name)

/** A qualified name; without a domain only those Kubernetes knows. Answers whether it is fine. */
function checkName(name: string, at: At): boolean {
  const messages = isQualifiedName(name)
  at.invalidEach(name, messages)
  if (messages.length > 0) return false
  if (isPrefixed(name) || STANDARD.has(name) || isQuotaHugePages(name)) return true
  at.invalid(name, 'must be a standard resource type or fully qualified')
  return false
}

export function validateResourceName(name: string, at: At): void {
  checkName(name, at)
}

export function validateContainerResourceName(name: string, at: At): void {
  checkName(name, at)
  if (!isPrefixed(name)) {
    if (!COMPUTE.includes(name) && !isHugePages(name)) at.invalid(name, 'must be a standard resource for containers')
  } else if (!isNativeResource(name) && !isExtendedResource(name)) {
    at.invalid(name, "doesn't follow extended resource name standard")
  }
}

export function validatePodResourceName(name: string, at: At): void {
  if (checkName(name, at) && !POD_LEVEL.includes(name) && !isHugePages(name)) at.notSupported(name, POD_LEVEL)
}

export function validateQuotaResourceName(name: string, at: At): void {
  checkName(name, at)
  if (!isPrefixed(name) && !isStandardQuotaResource(name)) {
    at.invalid(name, 'must be a standard resource for quota')
  }
}

/** Not negative, and whole where the resource comes in wholes. */
export function validateResourceQuantity(name: string, quantity: string, at: At): void {
  if (quantitySign(quantity) < 0) at.invalid(quantity, 'must be greater than or equal to 0')
  if (comesInWholes(name) && quantityMilliValue(quantity) % 1000 !== 0) at.invalid(quantity, 'must be an integer')
}

/** Huge pages come in whole pages. */
export function validateHugePages(name: string, quantity: string, at: At): void {
  if (!isHugePages(name)) return
  let page = 0
  try {
    page = quantityValue(name.slice('hugepages-'.length))
    parseQuantity(quantity)
  } catch {
    page = 0
  }
  if (page <= 0 || quantityValue(quantity) % page !== 0) {
    at.invalid(quantity, `${quantity} is not positive integer multiple of ${name}`)
  }
}
