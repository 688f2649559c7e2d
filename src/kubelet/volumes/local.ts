import { stat } from 'node:fs/promises'
import { ownByGroup } from './fs-group.ts'
import type { VolumePlugin } from './volume.ts'

/** A folder, or a device, of the node that a PersistentVolume has been made of. */
export const localVolume: VolumePlugin = {
  folder: 'kubernetes.io~local-volume',
  handles: () => false,
  handlesClaimed: ({ spec }) => spec.local !== undefined,
  async setUp({ claimed, pod, volume }) {
    const { local, volumeMode } = claimed!.volume.spec
    const { path } = local!
    const found = await stat(path).catch(() => undefined)
    if (!found) throw new Error(`path ${JSON.stringify(path)} does not exist`)
    if (volumeMode === 'Block') {
      if (!found.isBlockDevice()) throw new Error(`path ${JSON.stringify(path)} is not a block device`)
      return { path }
    }
    if (!found.isDirectory()) throw new Error(`path ${JSON.stringify(path)} is not a directory`)
    if (!volume.persistentVolumeClaim?.readOnly) await ownByGroup(path, pod)
    return { path }
  },
}
