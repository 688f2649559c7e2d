import type { At } from '../../../apimachinery/validation/at.ts'
import { isQualifiedName } from '../../../apimachinery/validation/names.ts'
import type { ObjectFieldSelector, ResourceFieldSelector } from './env.ts'

/** The pod's own fields and resources, as environment variables and downward API volumes may name them. */

const KNOWN_FIELDS = new Set([
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.host',
  'spec.nodeName',
  'spec.restartPolicy',
  'spec.schedulerName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.phase',
  'status.podIP',
  'status.podIPs',
])

/** Splits `metadata.labels['app']` into path and key. */
function subscripted(path: string): { path: string; key: string } | undefined {
  const match = /^(.+)\['(.*)'\]$/s.exec(path)
  return match ? { path: match[1]!, key: match[2]! } : undefined
}

/** Checks a reference to a field of the pod. `allowed` are the fields that may be named without a key. */
export function validateFieldRef(ref: ObjectFieldSelector, allowed: readonly string[], at: At): void {
  if (ref.fieldPath === '') {
    at.child('fieldPath').required()
    return
  }
  const place = at.child('fieldPath')
  const failed = (problem: string) => place.invalid(ref.fieldPath, `error converting fieldPath: ${problem}`)
  if (ref.apiVersion !== 'v1') {
    failed(`unsupported pod version: ${ref.apiVersion}`)
    return
  }

  const split = subscripted(ref.fieldPath)
  if (split) {
    if (split.path === 'metadata.annotations') at.invalidEach(split.key, isQualifiedName(split.key.toLowerCase()))
    else if (split.path === 'metadata.labels') at.invalidEach(split.key, isQualifiedName(split.key))
    else failed(`field label does not support subscript: ${ref.fieldPath}`)
    return
  }
  if (!KNOWN_FIELDS.has(ref.fieldPath)) failed(`field label not supported: ${ref.fieldPath}`)
  else if (!allowed.includes(ref.fieldPath)) place.notSupported(ref.fieldPath, allowed)
}

const RESOURCES = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
]
const CPU_DIVISORS = ['1m', '1']
const SIZE_DIVISORS = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei']
const isHugePages = (resource: string) => /^(limits|requests)\.hugepages-/.test(resource)

function divisors(resource: string): { readonly allowed: readonly string[]; readonly name: string } | undefined {
  if (isHugePages(resource)) return { allowed: SIZE_DIVISORS, name: 'hugepages' }
  if (resource.endsWith('.cpu')) return { allowed: CPU_DIVISORS, name: 'cpu' }
  if (resource.endsWith('.memory')) return { allowed: SIZE_DIVISORS, name: 'memory' }
  return resource.endsWith('.ephemeral-storage')
    ? { allowed: SIZE_DIVISORS, name: 'local ephemeral storage' }
    : undefined
}

/** Checks a reference to a container's resources. In volumes it has to name the container. */
export function validateResourceFieldRef(ref: ResourceFieldSelector, at: At, inVolume: boolean): void {
  if (inVolume && !ref.containerName) at.child('containerName').required()
  else if (ref.resource === '') at.child('resource').required()
  else if (!RESOURCES.includes(ref.resource) && !isHugePages(ref.resource)) {
    at.child('resource').notSupported(ref.resource, RESOURCES)
  }
  const rule = divisors(ref.resource)
  if (!rule || !ref.divisor || ref.divisor === '0' || rule.allowed.includes(ref.divisor)) return
  const values = rule.name === 'cpu' ? '1m and 1' : rule.allowed.join(', ')
  at.child('divisor').invalid(
    ref.resource,
    `only divisor's values ${values} are supported with the ${rule.name} resource`,
  )
}
