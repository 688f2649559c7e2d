import { persistentVolumeClaim } from '../../api/core/persistentvolumeclaim.ts'
import type { Volume } from '../../api/core/pod/volume.ts'
import type { Pod } from '../../api/core/pod.ts'
import { type Plugin, plugin, skip, unschedulable } from '../framework.ts'
import { claimsOf } from '../pod-claims.ts'
import type { Handle } from './handle.ts'

const diskConflict = unschedulable('node(s) had no available disk')
const inUse = unschedulable(
  'node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode',
)

/** Claims that only one pod may use, and how many other pods do. */
interface State {
  readonly exclusive: ReadonlySet<string>
  readonly conflicts: number
  readonly disks: readonly Volume[]
}

/**
 * Keeps pods off disks that another pod has already, and away from claims that only one pod may use (upstream
 * plugins/volumerestrictions).
 */
export function volumeRestrictions({ informers }: Handle): Plugin {
  const claims = informers.of(persistentVolumeClaim)
  const isExclusive = (key: string) => claims.get(key)?.spec.accessModes?.includes('ReadWriteOncePod') ?? false
  return plugin<State>({
    name: 'VolumeRestrictions',
    requeueOn: ['pod/delete', 'node/add', 'persistentvolumeclaim/add'],
    sign: ({ pod }) => (needsCheck(pod) ? undefined : null),
    preFilter({ pod, claimKeys }, { cache }) {
      const exclusive = new Set(claimKeys.filter(isExclusive))
      const disks = (pod.spec.volumes ?? []).filter(isDisk)
      if (exclusive.size === 0 && disks.length === 0) return skip
      let conflicts = 0
      for (const key of exclusive) conflicts += cache.podsWithClaim(key)
      return { exclusive, conflicts, disks }
    },
    filter({ conflicts, disks }, node) {
      if (conflicts > 0) return inUse
      if (disks.length === 0) return undefined
      for (const { pod: other } of node.pods.values()) {
        for (const volume of other.spec.volumes ?? [])
          if (disks.some(disk => collide(disk, volume))) return diskConflict
      }
      return undefined
    },
    withPod(state, { claimKeys }, _node, change) {
      const shared = claimKeys.filter(key => state.exclusive.has(key)).length
      return shared === 0 ? state : { ...state, conflicts: state.conflicts + change * shared }
    },
  })
}

const isDisk = ({ gcePersistentDisk, awsElasticBlockStore, iscsi, rbd }: Volume): boolean =>
  !!(gcePersistentDisk || awsElasticBlockStore || iscsi || rbd)

const needsCheck = (pod: Pod): boolean => claimsOf(pod).length > 0 || (pod.spec.volumes ?? []).some(isDisk)

/** Whether two pods on one node cannot both have these volumes (upstream isVolumeConflict). */
function collide(a: Volume, b: Volume): boolean {
  const readOnly = (x: { readOnly?: boolean }, y: { readOnly?: boolean }) => !!x.readOnly && !!y.readOnly
  const [gceA, gceB] = [a.gcePersistentDisk, b.gcePersistentDisk]
  if (gceA && gceB && gceA.pdName === gceB.pdName && !readOnly(gceA, gceB)) return true
  const [awsA, awsB] = [a.awsElasticBlockStore, b.awsElasticBlockStore]
  if (awsA && awsB && awsA.volumeID === awsB.volumeID) return true
  if (a.iscsi && b.iscsi && a.iscsi.iqn === b.iscsi.iqn && !readOnly(a.iscsi, b.iscsi)) return true
  const [rbdA, rbdB] = [a.rbd, b.rbd]
  if (!rbdA || !rbdB || readOnly(rbdA, rbdB)) return false
  const monitors = new Set(rbdA.monitors)
  return rbdA.pool === rbdB.pool && rbdA.image === rbdB.image && rbdB.monitors.some(monitor => monitors.has(monitor))
}
