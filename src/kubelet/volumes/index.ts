import type { CsiDrivers } from '../csi/drivers.ts'
import { configMapVolume } from './config-map.ts'
import { csiVolume } from './csi.ts'
import { downwardAPIVolume } from './downward-api.ts'
import { emptyDirVolume } from './empty-dir.ts'
import { hostPathVolume } from './host-path.ts'
import { localVolume } from './local.ts'
import { nfsVolume } from './nfs.ts'
import { projectedVolume } from './projected.ts'
import { secretVolume } from './secret.ts'
import type { VolumePlugin } from './volume.ts'

/** The types of volumes that this kubelet sets up; those of CSI drivers by the drivers of its node. */
export const volumePlugins = (drivers: CsiDrivers): readonly VolumePlugin[] => [
  configMapVolume,
  secretVolume,
  downwardAPIVolume,
  projectedVolume,
  emptyDirVolume,
  hostPathVolume,
  localVolume,
  nfsVolume,
  csiVolume(drivers),
]
