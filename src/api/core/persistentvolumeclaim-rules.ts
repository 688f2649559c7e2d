import { deepEqual } from '../../apimachinery/json.ts'
import { compareQuantities, quantitySign } from '../../apimachinery/quantity.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import { IMMUTABLE_MESSAGE, isDNS1123Label, isDNS1123Subdomain } from '../../apimachinery/validation/names.ts'
import { describeChanges } from '../changes.ts'
import { VOLUME_MODES, validateAccessModes } from './access-modes.ts'
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from './persistentvolumeclaim.ts'
import type { TypedObjectReference } from './references.ts'

function validateSource(source: TypedObjectReference, at: At): void {
  if (source.name === '') at.child('name').required()
  if (source.kind === '') at.child('kind').required()
  if (source.apiGroup) at.child('apiGroup').invalidEach(source.apiGroup, isDNS1123Subdomain(source.apiGroup))
  else if (source.kind !== 'PersistentVolumeClaim') {
    at.invalid(source.kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup")
  }
  if (source.namespace) at.child('namespace').invalidEach(source.namespace, isDNS1123Label(source.namespace))
}

export function validateClaimSpec(spec: PersistentVolumeClaimSpec, at: At): void {
  if (!spec.accessModes) at.child('accessModes').required('at least 1 access mode is required')
  else validateAccessModes(spec.accessModes, at.child('accessModes'))

  const storage = spec.resources.requests?.storage
  const storageAt = at.child('resources').key('storage')
  if (storage === undefined) storageAt.required()
  else if (quantitySign(storage) <= 0) storageAt.invalid(storage, 'must be greater than zero')

  for (const field of ['storageClassName', 'volumeAttributesClassName'] as const) {
    const name = spec[field]
    if (name) at.child(field).invalidEach(name, isDNS1123Subdomain(name))
  }
  if (!VOLUME_MODES.includes(spec.volumeMode)) at.child('volumeMode').notSupported(spec.volumeMode, VOLUME_MODES)

  const { dataSource, dataSourceRef } = spec
  if (dataSource) validateSource(dataSource, at.child('dataSource'))
  if (dataSourceRef) validateSource(dataSourceRef, at.child('dataSourceRef'))
  if (!dataSource || !dataSourceRef) return
  if (dataSourceRef.namespace) {
    at.invalid('dataSource', 'may not be specified when dataSourceRef.namespace is specified')
  } else if (!deepEqual(dataSource, dataSourceRef)) {
    at.invalid('dataSource', 'must match dataSourceRef')
  }
}

/** A claim stays as it was asked for, but for what binding fills in and growing changes. */
export function validateClaimUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim, at: At): void {
  const place = at.child('spec')
  const bound = claim.status.phase === 'Bound'
  const expected = { ...old.spec }
  if (!old.spec.volumeName) expected.volumeName = claim.spec.volumeName
  if (old.spec.storageClassName === undefined) expected.storageClassName = claim.spec.storageClassName
  if (bound) {
    expected.volumeAttributesClassName = claim.spec.volumeAttributesClassName
    const requests = { ...old.spec.resources.requests, storage: claim.spec.resources.requests?.storage ?? '0' }
    expected.resources = { ...old.spec.resources, requests }
  }
  const changes = describeChanges(expected, claim.spec)
  if (changes) {
    place.forbidden(
      `spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n${changes}`,
    )
  }
  const [size, before, has] = [
    claim.spec.resources.requests?.storage ?? '0',
    old.spec.resources.requests?.storage ?? '0',
    old.status.capacity?.storage ?? '0',
  ]
  if (compareQuantities(size, before) < 0 && compareQuantities(size, has) <= 0) {
    place.child('resources', 'requests', 'storage').forbidden('field can not be less than status.capacity')
  }
  if (claim.spec.volumeMode !== old.spec.volumeMode) {
    at.child('volumeMode').invalid(claim.spec.volumeMode, IMMUTABLE_MESSAGE)
  }
  if (old.status.currentVolumeAttributesClassName === undefined) return
  const attributesAt = place.child('volumeAttributesClassName')
  const what = 'is forbidden when status.currentVolumeAttributesClassName is not nil'
  if (claim.spec.volumeAttributesClassName === undefined) attributesAt.forbidden(`update to nil ${what}`)
  else if (claim.spec.volumeAttributesClassName === '') attributesAt.forbidden(`update to empty string ${what}`)
}

export function validateClaimStatusUpdate({ status }: PersistentVolumeClaim, at: At): void {
  for (const field of ['capacity', 'allocatedResources'] as const) {
    for (const [name, quantity] of Object.entries(status[field] ?? {})) {
      if (quantitySign(quantity) >= 0) continue
      at.child('status', field).key(name).invalid(quantity, 'must be a valid resource quantity')
    }
  }
}
