import { mkdir } from 'node:fs/promises'
import { isMounted, mountFrom } from './mount.ts'
import type { VolumePlugin } from './volume.ts'

/** A folder of an NFS server. The node needs the mount program for it (Debian's package nfs-common). */
export const nfsVolume: VolumePlugin = {
  folder: 'kubernetes.io~nfs',
  handles: volume => volume.nfs !== undefined,
  handlesClaimed: ({ spec }) => spec.nfs !== undefined,
  async setUp({ volume, claimed, dir }) {
    const { server, path, readOnly = false } = (claimed?.volume.spec ?? volume).nfs!
    await mkdir(dir, { recursive: true })
    if (!(await isMounted(dir))) {
      const options = [...(readOnly ? ['ro'] : []), ...(claimed?.volume.spec.mountOptions ?? [])]
      await mountFrom('nfs', `${server}:${path}`, dir, options)
    }
    return { path: dir, readOnly }
  },
}
