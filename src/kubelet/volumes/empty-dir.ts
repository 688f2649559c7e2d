import { chmod, mkdir } from 'node:fs/promises'
import { quantityValue } from '../../apimachinery/quantity.ts'
import { podResources } from '../runtime/resources.ts'
import { ownByGroup } from './fs-group.ts'
import { isMounted, mountTmpfs } from './mount.ts'
import type { VolumePlugin } from './volume.ts'

/** A folder that lives as long as the pod, on the node's disk or in memory. */
export const emptyDirVolume: VolumePlugin = {
  folder: 'kubernetes.io~empty-dir',
  handles: volume => volume.emptyDir !== undefined,
  async setUp({ volume, dir, pod }) {
    const { medium = '', sizeLimit } = volume.emptyDir!
    if (medium !== '' && medium !== 'Memory')
      throw new Error(`storage medium ${medium} is not supported by this version`)
    await mkdir(dir, { recursive: true })
    if (medium === 'Memory' && !(await isMounted(dir))) {
      const limits = [sizeLimit, podResources(pod.spec).limits?.memory].flatMap(limit => limit ?? [])
      const size = limits.length > 0 ? Math.min(...limits.map(quantityValue)) : undefined
      await mountTmpfs(dir, size, '777')
    }
    await chmod(dir, 0o777)
    await ownByGroup(dir, pod)
    return { path: dir }
  },
}
