import type { Node } from '../../api/core/node.ts'
import type { PersistentVolume } from '../../api/core/persistentvolume.ts'
import type { PersistentVolumeClaim } from '../../api/core/persistentvolumeclaim.ts'
import { claimClass, findMatchingVolume, isUsableOn, SELECTED_NODE } from '../../api/core/volume-binding.ts'
import type { CSIStorageCapacity } from '../../api/storage/csistoragecapacity.ts'
import type { StorageClass } from '../../api/storage/storageclass.ts'
import { selectorOf } from '../../apimachinery/labels.ts'
import { compareQuantities } from '../../apimachinery/quantity.ts'
import type { PodClaims, VolumeLookup } from './volume-claims.ts'

/** What has to be done so that a pod has its volumes on a node. */
export interface VolumeChoice {
  readonly bindings: readonly { readonly claim: PersistentVolumeClaim; readonly volume: PersistentVolume }[]
  /** Claims whose volumes are to be made. */
  readonly provisions: readonly PersistentVolumeClaim[]
}

export interface VolumeStores extends VolumeLookup {
  volumes(): readonly PersistentVolume[]
  /** Whether a driver says how much storage there is, so that it has to be looked at. */
  tracksCapacity(driver: string): boolean
  capacities(): readonly CSIStorageCapacity[]
}

const NODE_CONFLICT = "node(s) didn't match PersistentVolume's node affinity"
const BIND_CONFLICT = "node(s) didn't find available persistent volumes to bind"
const NO_SPACE = 'node(s) did not have enough free storage'
const NO_VOLUME = 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)'
/** The provisioner of classes whose volumes somebody makes by hand. */
const NO_PROVISIONER = 'kubernetes.io/no-provisioner'

/** How a pod gets its volumes on a node; the reasons when it cannot (upstream FindPodVolumes). */
export function chooseVolumes(claims: PodClaims, node: Node, stores: VolumeStores): VolumeChoice | readonly string[] {
  const reasons = new Set<string>()
  for (const { spec } of claims.bound) {
    const volume = stores.volume(spec.volumeName!)
    if (!volume) reasons.add(NO_VOLUME)
    else if (!isUsableOn(volume, node)) reasons.add(NODE_CONFLICT)
  }
  const unbound = bindOrProvision(claims.delayed, node, stores)
  if (typeof unbound === 'string') reasons.add(unbound)
  return typeof unbound === 'string' || reasons.size > 0 ? [...reasons].sort() : unbound
}

function bindOrProvision(
  claims: readonly PersistentVolumeClaim[],
  node: Node,
  stores: VolumeStores,
): VolumeChoice | string {
  const bindings: { claim: PersistentVolumeClaim; volume: PersistentVolume }[] = []
  const provisions: PersistentVolumeClaim[] = []
  const excluded = new Set<string>()
  for (const claim of claims.toSorted((a, b) => compareQuantities(requestOf(a), requestOf(b)))) {
    const selected = claim.metadata.annotations?.[SELECTED_NODE]
    if (selected !== undefined && selected !== node.metadata.name) return BIND_CONFLICT
    const volume =
      selected === undefined
        ? findMatchingVolume(claim, stores.volumes(), { delayBinding: true, node, excluded })
        : undefined
    if (volume) {
      excluded.add(volume.metadata.name!)
      bindings.push({ claim, volume })
      continue
    }
    const obstacle = obstacleToProvision(claim, node, stores)
    if (obstacle) return obstacle
    provisions.push(claim)
  }
  return { bindings, provisions }
}

function obstacleToProvision(claim: PersistentVolumeClaim, node: Node, stores: VolumeStores): string | undefined {
  const storageClass = stores.storageClass(claimClass(claim))
  if (!storageClass?.provisioner || storageClass.provisioner === NO_PROVISIONER) return BIND_CONFLICT
  if (!allowsTopology(storageClass, node)) return BIND_CONFLICT
  return hasSpace(claim, storageClass, node, stores) ? undefined : NO_SPACE
}

function allowsTopology({ allowedTopologies }: StorageClass, { metadata: { labels } }: Node): boolean {
  if (!allowedTopologies?.length) return true
  return allowedTopologies.some(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.every(({ key, values }) => labels?.[key] !== undefined && values.includes(labels[key])),
  )
}

function hasSpace(
  claim: PersistentVolumeClaim,
  { provisioner, metadata }: StorageClass,
  node: Node,
  stores: VolumeStores,
): boolean {
  if (!stores.tracksCapacity(provisioner)) return true
  return stores.capacities().some(({ storageClassName, maximumVolumeSize, capacity, nodeTopology }) => {
    const limit = maximumVolumeSize ?? capacity
    return (
      storageClassName === metadata.name &&
      limit !== undefined &&
      compareQuantities(limit, requestOf(claim)) >= 0 &&
      nodeTopology !== undefined &&
      selectorOf(nodeTopology).matches(node.metadata.labels)
    )
  })
}

const requestOf = ({ spec }: PersistentVolumeClaim): string => spec.resources.requests?.storage ?? '0'
