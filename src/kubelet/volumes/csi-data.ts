import { createHash } from 'node:crypto'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { VolumeSurroundings } from './volume.ts'

/** Folder of a pod that holds its uses of volumes of CSI drivers. */
export const USES = 'kubernetes.io~csi'
const DATA = 'vol_data.json'

/** What a later kubelet needs to know in order to end the use of a volume; upstream's file and names. */
export interface VolumeData {
  readonly driverName: string
  readonly volumeHandle: string
  readonly volumeLifecycleMode: 'Persistent' | 'Ephemeral'
}

export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** Where a volume is staged on the node, besides what is known of it. */
export const stagingDir = ({ root }: VolumeSurroundings, { driverName, volumeHandle }: VolumeData) =>
  path.join(root, 'plugins/kubernetes.io/csi', driverName, sha256(volumeHandle))

/** Whether a pod of this node has the volume. */
export async function isUsed({ root }: VolumeSurroundings, data: VolumeData): Promise<boolean> {
  const pods = path.join(root, 'pods')
  for (const uid of await readdir(pods).catch(() => [])) {
    const dir = path.join(pods, uid, 'volumes', USES)
    for (const name of await readdir(dir).catch(() => [])) {
      const other = await readData(path.join(dir, name))
      if (other?.driverName === data.driverName && other.volumeHandle === data.volumeHandle) return true
    }
  }
  return false
}

/** Undefined where nothing is used, or not by a kubelet of ours. */
export async function readData(dir: string): Promise<VolumeData | undefined> {
  try {
    return JSON.parse(await readFile(path.join(dir, DATA), 'utf8')) as VolumeData
  } catch {
    return undefined
  }
}

export async function writeData(
  dir: string,
  { driverName, volumeHandle, volumeLifecycleMode }: VolumeData,
): Promise<void> {
  const data: VolumeData = { driverName, volumeHandle, volumeLifecycleMode }
  await writeFile(path.join(dir, DATA), JSON.stringify(data))
}

export const forgetData = (dir: string): Promise<void> => rm(path.join(dir, DATA), { force: true })
