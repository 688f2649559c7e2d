import { persistentVolume } from '../api/core/persistentvolume.ts'
import { persistentVolumeClaim } from '../api/core/persistentvolumeclaim.ts'
import { deviceClass, resourceClaim, resourceSlice } from '../api/resource/index.ts'
import { podGroup } from '../api/scheduling/index.ts'
import { csiDriver, csiNode, csiStorageCapacity, storageClass, volumeAttachment } from '../api/storage/index.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import type { Informers } from '../client/informers.ts'
import type { WatchedKind } from './framework.ts'
import type { SchedulingQueue } from './queue.ts'

const KINDS: Readonly<Record<WatchedKind, unknown>> = {
  persistentvolumeclaim: persistentVolumeClaim,
  persistentvolume: persistentVolume,
  storageclass: storageClass,
  csinode: csiNode,
  csidriver: csiDriver,
  csistoragecapacity: csiStorageCapacity,
  volumeattachment: volumeAttachment,
  resourceclaim: resourceClaim,
  resourceslice: resourceSlice,
  deviceclass: deviceClass,
  podgroup: podGroup,
}

/** Tells the queue of changes of kinds on which its pods wait. */
export function watchKinds(wanted: ReadonlySet<string>, informers: Informers, queue: SchedulingQueue): void {
  for (const [name, kind] of Object.entries(KINDS) as [WatchedKind, Kind][]) {
    if (!wanted.has(name)) continue
    informers.of(kind).onChange((object, previous) => {
      const what = previous ? (object ? 'update' : 'delete') : 'add'
      queue.onEvent(`${name}/${what}`, { object: object ?? previous, previous })
    })
  }
}
