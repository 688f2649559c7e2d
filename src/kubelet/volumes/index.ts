import { configMapVolume } from './config-map.ts'
import { downwardAPIVolume } from './downward-api.ts'
import { emptyDirVolume } from './empty-dir.ts'
import { hostPathVolume } from './host-path.ts'
import { localVolume } from './local.ts'
import { nfsVolume } from './nfs.ts'
import { projectedVolume } from './projected.ts'
import { secretVolume } from './secret.ts'
import type { VolumePlugin } from './volume.ts'

/** The types of volumes that this kubelet sets up. */
export const volumePlugins: readonly VolumePlugin[] = [
  configMapVolume,
  secretVolume,
  downwardAPIVolume,
  projectedVolume,
  emptyDirVolume,
  hostPathVolume,
  localVolume,
  nfsVolume,
]
