import path from 'node:path'
import type { Container, VolumeMount } from '../../api/core/pod/container.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { Device, Mount } from '../cri/messages/container.ts'
import type { Input } from '../cri/protobuf.ts'
import { expand } from '../env/expand.ts'
import { uidOf } from '../pods/pod.ts'
import { isMounted } from './mount.ts'
import { mountSubPath } from './safe-subpath.ts'
import type { MountedVolume } from './volume.ts'
import { podDir } from './volume-manager.ts'

const PROPAGATION = {
  None: 'PROPAGATION_PRIVATE',
  HostToContainer: 'PROPAGATION_HOST_TO_CONTAINER',
  Bidirectional: 'PROPAGATION_BIDIRECTIONAL',
} as const

interface MountParts {
  readonly volumes: ReadonlyMap<string, MountedVolume>
  /** The container's environment, for subPathExpr. */
  readonly env: ReadonlyMap<string, string>
  readonly root: string
}

/** A container's volumes, as the runtime mounts them. Rejects when a mount names what is not there. */
export function containerMounts(pod: Pod, container: Container, parts: MountParts): Promise<Input<Mount>[]> {
  return Promise.all(
    (container.volumeMounts ?? []).map(async (mount, index) => ({
      containerPath: path.isAbsolute(mount.mountPath) ? mount.mountPath : path.join('/', mount.mountPath),
      hostPath: await source(pod, container, mount, index, parts),
      readonly: mount.readOnly || parts.volumes.get(mount.name)?.readOnly || false,
      recursiveReadOnly: mount.readOnly === true && mount.recursiveReadOnly === 'Enabled',
      propagation: PROPAGATION[(mount.mountPropagation as keyof typeof PROPAGATION) ?? 'None'],
    })),
  )
}

/** A container's volumes of the mode Block, as the runtime shows devices. Throws when one is not there. */
export function containerDevices(container: Container, volumes: ReadonlyMap<string, MountedVolume>): Input<Device>[] {
  return (container.volumeDevices ?? []).map(({ name, devicePath }) => {
    const volume = volumes.get(name)
    if (!volume) {
      const [what, where] = [JSON.stringify(name), JSON.stringify(container.name)]
      throw new Error(`cannot find volume ${what} to pass into container ${where}`)
    }
    return { containerPath: devicePath, hostPath: volume.path, permissions: volume.readOnly ? 'r' : 'mrw' }
  })
}

async function source(
  pod: Pod,
  container: Container,
  mount: VolumeMount,
  index: number,
  { volumes, env, root }: MountParts,
): Promise<string> {
  const volume = volumes.get(mount.name)
  if (!volume)
    throw new Error(
      `cannot find volume ${JSON.stringify(mount.name)} to mount into container ${JSON.stringify(container.name)}`,
    )
  const subPath = mount.subPathExpr ? expandAll(mount.subPathExpr, env) : mount.subPath
  if (!subPath) return volume.path
  if (path.isAbsolute(subPath)) throw new Error(`error SubPath \`${subPath}\` must not be an absolute path`)
  if (subPath.split('/').includes('..'))
    throw new Error(`unable to provision SubPath \`${subPath}\`: must not contain '..'`)
  const target = path.join(podDir(root, uidOf(pod)), 'volume-subpaths', mount.name, container.name, String(index))
  if (!(await isMounted(target))) await mountSubPath(volume.path, subPath, target)
  return target
}

function expandAll(expression: string, env: ReadonlyMap<string, string>): string {
  return expand(expression, name => {
    const value = env.get(name)
    if (value === undefined) throw new Error(`missing value for ${JSON.stringify(name)}`)
    return value
  })
}
