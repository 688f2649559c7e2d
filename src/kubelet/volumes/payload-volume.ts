import { chmod, chown, mkdir } from 'node:fs/promises'
import { writeAtomically } from './atomic-writer.ts'
import { isMounted, mountTmpfs } from './mount.ts'
import type { MountedVolume, Payload, VolumeRequest } from './volume.ts'

/** Shows files as a volume; those that must not reach a disk are kept in memory. */
export async function showPayload(
  { dir, pod }: VolumeRequest,
  files: Payload,
  { inMemory }: { readonly inMemory: boolean },
): Promise<MountedVolume> {
  await mkdir(dir, { recursive: true })
  if (inMemory && !(await isMounted(dir))) await mountTmpfs(dir)
  const group = pod.spec.securityContext?.fsGroup
  await writeAtomically(dir, files, group)
  // Whatever the umask was.
  await chmod(dir, 0o755)
  if (group !== undefined) {
    await chown(dir, -1, group)
    await chmod(dir, 0o2775)
  }
  return { path: dir }
}
