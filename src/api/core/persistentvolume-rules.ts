import { deepEqual } from '../../apimachinery/json.ts'
import { quantitySign } from '../../apimachinery/quantity.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import { IMMUTABLE_MESSAGE, isDNS1123Subdomain } from '../../apimachinery/validation/names.ts'
import { describeChanges } from '../changes.ts'
import { VOLUME_MODES, validateAccessModes } from './access-modes.ts'
import type { PersistentVolume, PersistentVolumeSpec } from './persistentvolume.ts'
import { persistentVolumeSourceFields } from './persistentvolume-source.ts'

const RECLAIM_POLICIES = ['Delete', 'Recycle', 'Retain']

/** Where the volume is, without how it may be used. */
function sourceOf(spec: PersistentVolumeSpec): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(spec).filter(([field]) => Object.hasOwn(persistentVolumeSourceFields, field)),
  )
}

function validateCapacity(capacity: Readonly<Record<string, string>>, at: At): void {
  const names = Object.keys(capacity)
  if (names.length === 0) at.required()
  if (capacity.storage === undefined || names.length > 1) at.notSupported(capacity, ['storage'])
  for (const [name, quantity] of Object.entries(capacity)) {
    if (quantitySign(quantity) <= 0) at.key(name).invalid(quantity, 'must be greater than zero')
  }
}

export function validatePersistentVolume({ spec }: PersistentVolume, root: At): void {
  const at = root.child('spec')
  if (!spec.accessModes) at.child('accessModes').required()
  else validateAccessModes(spec.accessModes, at.child('accessModes'))
  validateCapacity(spec.capacity ?? {}, at.child('capacity'))

  const policy = spec.persistentVolumeReclaimPolicy
  const policyAt = at.child('persistentVolumeReclaimPolicy')
  if (!RECLAIM_POLICIES.includes(policy)) policyAt.notSupported(policy, RECLAIM_POLICIES)
  if (policy === 'Recycle' && spec.hostPath && /^\/+$/.test(spec.hostPath.path)) {
    policyAt.forbidden("may not be 'recycle' for a hostPath mount of '/'")
  }

  const sources = Object.keys(sourceOf(spec))
  if (sources.length === 0) at.required('must specify a volume type')
  for (const source of sources.slice(1)) at.child(source).forbidden('may not specify more than 1 volume type')
  if (spec.local && !spec.nodeAffinity) at.child('nodeAffinity').required('Local volume requires node affinity')

  const { storageClassName, volumeAttributesClassName, volumeMode } = spec
  if (storageClassName) at.child('storageClassName').invalidEach(storageClassName, isDNS1123Subdomain(storageClassName))
  if (!VOLUME_MODES.includes(volumeMode)) at.child('volumeMode').notSupported(volumeMode, VOLUME_MODES)
  if (volumeAttributesClassName === undefined) return
  const attributesAt = at.child('volumeAttributesClassName')
  if (volumeAttributesClassName === '') attributesAt.required('an empty string is disallowed')
  else attributesAt.invalidEach(volumeAttributesClassName, isDNS1123Subdomain(volumeAttributesClassName))
  if (!spec.csi) at.child('csi').required('has to be specified when using volumeAttributesClassName')
}

export function validatePersistentVolumeUpdate(
  { spec }: PersistentVolume,
  { spec: old }: PersistentVolume,
  at: At,
): void {
  const source = sourceOf(spec)
  const before = sourceOf(old)
  if (spec.csi && old.csi && !old.csi.controllerExpandSecretRef) {
    const { controllerExpandSecretRef: _, ...csi } = spec.csi
    source.csi = csi
  }
  const changes = describeChanges(before, source)
  if (changes) {
    at.child('spec', 'persistentvolumesource').forbidden(
      `spec.persistentvolumesource is immutable after creation\n${changes}`,
    )
  }
  if (spec.volumeMode !== old.volumeMode) at.child('volumeMode').invalid(spec.volumeMode, IMMUTABLE_MESSAGE)
  if (old.nodeAffinity && !deepEqual(spec.nodeAffinity, old.nodeAffinity)) {
    at.child('nodeAffinity').invalid(
      spec.nodeAffinity,
      `${IMMUTABLE_MESSAGE}, except for updating from beta label to GA`,
    )
  }
  if (old.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined) {
    at.child('spec', 'volumeAttributesClassName').forbidden('update from non-nil value to nil is forbidden')
  }
}
