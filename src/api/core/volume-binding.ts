import { selectorOf } from '../../apimachinery/labels.ts'
import { compareQuantities } from '../../apimachinery/quantity.ts'
import type { Node } from './node.ts'
import { compileNodeSelector } from './node-selector.ts'
import type { PersistentVolume } from './persistentvolume.ts'
import type { PersistentVolumeClaim } from './persistentvolumeclaim.ts'

/** On a claim: it has been bound once. Its value does not matter. */
export const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed'
/** On a claim or volume: who it is bound to was chosen by a controller, not by the user. */
export const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller'
/** On a volume: the provisioner that made it. */
export const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by'
/** On a claim: the node for which its volume is to be made, chosen by the scheduler. */
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node'
const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class'

/** The class of storage that a claim asks for; empty for none. */
export const claimClass = ({ metadata, spec }: PersistentVolumeClaim): string =>
  metadata.annotations?.[BETA_CLASS] ?? spec.storageClassName ?? ''

/** Whether a claim neither names a class nor says that it wants none, so that it gets the default class. */
export const lacksClass = ({ metadata, spec }: PersistentVolumeClaim): boolean =>
  metadata.annotations?.[BETA_CLASS] === undefined && spec.storageClassName === undefined

/** The class of storage of a volume; empty for none. */
export const volumeClass = ({ metadata, spec }: PersistentVolume): string =>
  metadata.annotations?.[BETA_CLASS] ?? spec.storageClassName ?? ''

/** Whether a volume is reserved for or bound to this very claim. */
export function isBoundToClaim({ spec: { claimRef } }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  if (claimRef?.name !== metadata.name || claimRef?.namespace !== metadata.namespace) return false
  return !claimRef?.uid || claimRef.uid === metadata.uid
}

/** Why a volume that a claim names cannot be its volume; undefined when it can. */
export function mismatchOf(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  if (compareQuantities(sizeOf(volume), requestOf(claim)) < 0) return 'requested PV is too small'
  if (volumeClass(volume) !== claimClass(claim)) return 'storageClassName does not match'
  if (!sameAttributes(volume, claim)) return 'volumeAttributesClassName does not match'
  if (volume.spec.volumeMode !== claim.spec.volumeMode) return 'incompatible volumeMode'
  return hasModes(volume, claim) ? undefined : 'incompatible accessMode'
}

export interface MatchOptions {
  /** The claim's class waits for a pod: only a volume that is reserved for the claim will do, or, with `node`, any. */
  readonly delayBinding: boolean
  /** The node that the volume must be usable on. */
  readonly node?: Node
  /** Names of volumes that others are about to take. */
  readonly excluded?: ReadonlySet<string>
}

/**
 * The volume for a claim that names none: one that is reserved for it, else the one with the fewest access modes and the
 * smallest size that does (upstream component-helpers storage/volume FindMatchingVolume).
 */
export function findMatchingVolume(
  claim: PersistentVolumeClaim,
  volumes: Iterable<PersistentVolume>,
  { delayBinding, node, excluded }: MatchOptions,
): PersistentVolume | undefined {
  const selector = claim.spec.selector && selectorOf(claim.spec.selector)
  const wanted = requestOf(claim)
  let best: PersistentVolume | undefined
  for (const volume of volumes) {
    const { metadata, spec, status } = volume
    if (excluded?.has(metadata.name!) || metadata.deletionTimestamp) continue
    if (spec.claimRef && !isBoundToClaim(volume, claim)) continue
    if (compareQuantities(sizeOf(volume), wanted) < 0 || spec.volumeMode !== claim.spec.volumeMode) continue
    if (!hasModes(volume, claim) || !sameAttributes(volume, claim)) continue
    const reachable = !node || isUsableOn(volume, node)
    if (spec.claimRef) return reachable ? volume : undefined
    if (!node && delayBinding) continue
    if (status.phase !== 'Available' || volumeClass(volume) !== claimClass(claim) || !reachable) continue
    if (selector && !selector.matches(metadata.labels)) continue
    if (!best || isTighter(volume, best)) best = volume
  }
  return best
}

/** Whether a volume's node affinity takes a node. */
export function isUsableOn({ spec }: PersistentVolume, node: Node): boolean {
  const required = spec.nodeAffinity?.required
  return !required || compileNodeSelector(required)(node)
}

const sizeOf = ({ spec }: PersistentVolume) => spec.capacity?.storage ?? '0'
const requestOf = ({ spec }: PersistentVolumeClaim) => spec.resources.requests?.storage ?? '0'

const hasModes = (volume: PersistentVolume, claim: PersistentVolumeClaim) =>
  (claim.spec.accessModes ?? []).every(mode => volume.spec.accessModes?.includes(mode))

const sameAttributes = (volume: PersistentVolume, claim: PersistentVolumeClaim) =>
  (volume.spec.volumeAttributesClassName ?? '') === (claim.spec.volumeAttributesClassName ?? '')

function isTighter(a: PersistentVolume, b: PersistentVolume): boolean {
  const modes = ({ spec }: PersistentVolume) => spec.accessModes?.length ?? 0
  return modes(a) < modes(b) || (modes(a) === modes(b) && compareQuantities(sizeOf(a), sizeOf(b)) < 0)
}
