import type { PersistentVolumeClaim } from '../core/persistentvolumeclaim.ts'
import type { Usage } from './usage.ts'

const BY_CLASS = '.storageclass.storage.k8s.io/'
const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class'

/** What a claim uses of quotas, in all and of its class (upstream quota evaluator core/persistent_volume_claims). */
export function claimUsage({ spec, status, metadata }: PersistentVolumeClaim): Usage {
  const usage: Record<string, string> = { 'count/persistentvolumeclaims': '1', persistentvolumeclaims: '1' }
  const className = metadata.annotations?.[BETA_CLASS] ?? spec.storageClassName
  if (className) usage[`${className}${BY_CLASS}persistentvolumeclaims`] = '1'
  const asked = spec.resources.requests?.storage
  const storage = status.allocatedResources?.storage ?? asked
  if (storage !== undefined) {
    usage['requests.storage'] = storage
    if (className) usage[`${className}${BY_CLASS}requests.storage`] = storage
  }
  return usage
}
