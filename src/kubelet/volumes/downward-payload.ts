import type { DownwardAPIVolumeFile } from '../../api/core/pod/volume-config.ts'
import type { Pod } from '../../api/core/pod.ts'
import { fieldValue } from '../env/field-ref.ts'
import { resourceValue } from '../env/resource-field-ref.ts'
import { uidOf } from '../pods/pod.ts'
import type { Payload, VolumeSurroundings } from './volume.ts'

/** Files for fields of the pod and resources of its containers. */
export function downwardPayload(
  pod: Pod,
  items: readonly DownwardAPIVolumeFile[],
  mode: number,
  node: VolumeSurroundings,
): Payload {
  const facts = { podIPs: node.podIPs(uidOf(pod)), hostIPs: node.hostIPs }
  return new Map(
    items.map(item => {
      const { fieldRef, resourceFieldRef } = item
      const value = fieldRef
        ? fieldValue(pod, fieldRef.fieldPath, facts)
        : resourceValue(pod, resourceFieldRef!, '', node.allocatable())
      return [item.path, { data: Buffer.from(value), mode: item.mode ?? mode }]
    }),
  )
}
