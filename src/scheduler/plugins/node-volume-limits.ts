import { persistentVolume } from '../../api/core/persistentvolume.ts'
import { persistentVolumeClaim } from '../../api/core/persistentvolumeclaim.ts'
import type { Pod } from '../../api/core/pod.ts'
import { claimClass } from '../../api/core/volume-binding.ts'
import { csiNode, storageClass } from '../../api/storage/index.ts'
import { type Plugin, plugin, skip, unschedulable } from '../framework.ts'
import { claimsOf } from '../pod-claims.ts'
import type { Handle } from './handle.ts'

const rejection = unschedulable('node(s) exceed max volume count')

/** Keeps pods off nodes to which a driver cannot attach another volume (upstream plugins/nodevolumelimits). */
export function nodeVolumeLimits({ informers }: Handle): Plugin {
  const [claims, volumes] = [informers.of(persistentVolumeClaim), informers.of(persistentVolume)]
  const [classes, nodes] = [informers.of(storageClass), informers.of(csiNode)]

  /** The CSI volumes of a pod: drivers by something that tells volumes apart. */
  function volumesOf(pod: Pod): Map<string, string> {
    const out = new Map<string, string>()
    for (const { name } of claimsOf(pod)) {
      const key = `${pod.metadata.namespace}/${name}`
      const claim = claims.get(key)
      if (!claim) continue
      const csi = claim.spec.volumeName ? volumes.get(claim.spec.volumeName)?.spec.csi : undefined
      if (csi) out.set(`${csi.driver}^${csi.volumeHandle}`, csi.driver)
      // One that is still to be made will be a volume of its own.
      else if (!claim.spec.volumeName) {
        const driver = classes.get(claimClass(claim))?.provisioner
        if (driver) out.set(`${driver}^${key}`, driver)
      }
    }
    return out
  }

  return plugin<ReadonlyMap<string, string>>({
    name: 'NodeVolumeLimits',
    requeueOn: [
      'csinode/add',
      'csinode/update',
      'pod/delete',
      'persistentvolumeclaim/add',
      'persistentvolumeclaim/update',
      'persistentvolume/add',
      'volumeattachment/delete',
    ],
    sign: ({ pod }) => (claimsOf(pod).length === 0 ? null : undefined),
    preFilter({ pod }) {
      const wanted = claimsOf(pod).length === 0 ? undefined : volumesOf(pod)
      return wanted && wanted.size > 0 ? wanted : skip
    },
    filter(wanted, { name, pods }) {
      const drivers = nodes.get(name)?.spec.drivers ?? []
      for (const { name: driver, allocatable } of drivers) {
        const limit = allocatable?.count
        if (limit === undefined) continue
        const own = [...wanted].filter(([, of]) => of === driver).map(([volume]) => volume)
        if (own.length === 0) continue
        const there = new Set<string>()
        for (const { pod } of pods.values()) {
          for (const [volume, of] of volumesOf(pod)) if (of === driver) there.add(volume)
        }
        const before = there.size
        for (const volume of own) there.add(volume)
        if (there.size > limit && there.size > before) return rejection
      }
      return undefined
    },
  })
}
