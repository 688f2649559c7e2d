import { defaultPullPolicy } from './images.ts'
import type { VolumeSource } from './volume.ts'

/** A volume that says nothing is an empty directory; an image volume pulls as containers do. */
export function defaultVolume(volume: VolumeSource & { name?: string }): void {
  if (Object.keys(volume).every(field => field === 'name')) volume.emptyDir = {}
  if (volume.image) volume.image.pullPolicy ??= defaultPullPolicy(volume.image.reference)
}
