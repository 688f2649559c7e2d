import type { GroupResource } from '../../apimachinery/errors.ts'
import type { KubeObject } from '../../apimachinery/schema/kind.ts'
import type { PersistentVolumeClaim } from '../core/persistentvolumeclaim.ts'
import type { Pod } from '../core/pod.ts'
import type { Service } from '../core/service.ts'
import { claimUsage } from './claims.ts'
import { podUsage } from './pods.ts'
import { serviceUsage } from './services.ts'
import type { Usage } from './usage.ts'

/** Resources that older quotas count by their plain name. */
const PLAIN_COUNTS = new Set(['configmaps', 'secrets', 'replicationcontrollers', 'resourcequotas'])

/** The quota resource that counts objects of a kind: `count/deployments.apps`. */
export const countName = ({ group, plural }: GroupResource): string => `count/${plural}${group && `.${group}`}`

/** What one object uses of quotas. `now` in milliseconds since the epoch (upstream pkg/quota/v1/evaluator). */
export function usageOf(resource: GroupResource, object: KubeObject, now: number): Usage {
  if (resource.group === '') {
    switch (resource.plural) {
      case 'pods':
        return podUsage(object as Pod, now)
      case 'services':
        return serviceUsage(object as Service)
      case 'persistentvolumeclaims':
        return claimUsage(object as PersistentVolumeClaim)
      default:
        if (PLAIN_COUNTS.has(resource.plural)) return { [resource.plural]: '1', [countName(resource)]: '1' }
    }
  }
  return { [countName(resource)]: '1' }
}

/** Whether objects of a kind can change what they use; of others only their number counts. */
export const usageChanges = ({ group, plural }: GroupResource): boolean =>
  group === '' && (plural === 'pods' || plural === 'services' || plural === 'persistentvolumeclaims')

/** Whether a quota's resource says anything about objects of a kind. */
export function isAbout(name: string, resource: GroupResource): boolean {
  if (name === countName(resource)) return true
  if (resource.group !== '') return false
  switch (resource.plural) {
    case 'pods':
      return (
        name === 'pods' ||
        /^((requests|limits)\.)?(cpu|memory|ephemeral-storage|hugepages-.*)$/.test(name) ||
        /^requests\..*\//.test(name)
      )
    case 'services':
      return name === 'services' || name.startsWith('services.')
    case 'persistentvolumeclaims':
      return (
        name === 'persistentvolumeclaims' ||
        name === 'requests.storage' ||
        name.includes('.storageclass.storage.k8s.io/')
      )
    default:
      return PLAIN_COUNTS.has(resource.plural) && name === resource.plural
  }
}
