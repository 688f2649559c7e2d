import { deepEqual } from '../../apimachinery/json.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import { validateLabelName } from '../../apimachinery/validation/labels.ts'
import { isQualifiedName } from '../../apimachinery/validation/names.ts'
import type { StorageClass } from './storageclass.ts'

const MAX_PARAMETERS = 512
const MAX_PARAMETER_BYTES = 256 * 1024

/** What a driver is told has a limited size and no empty keys. */
export function validateParameters(parameters: Readonly<Record<string, string>>, at: At): void {
  const entries = Object.entries(parameters)
  if (entries.length > MAX_PARAMETERS) {
    at.tooLong(MAX_PARAMETERS)
    return
  }
  let size = 0
  for (const [key, value] of entries) {
    if (key === '') at.invalid(key, 'field can not be empty.')
    size += Buffer.byteLength(key) + Buffer.byteLength(value)
  }
  if (size > MAX_PARAMETER_BYTES) at.tooLong(MAX_PARAMETER_BYTES)
}

/** Names of provisioners and drivers are qualified names, in whatever case. */
export function validateProvisioner(name: string, at: At): void {
  if (name === '') at.required(name)
  else at.invalidEach(name, isQualifiedName(name.toLowerCase()))
}

export function validateStorageClass({ provisioner, parameters, allowedTopologies }: StorageClass, at: At): void {
  validateProvisioner(provisioner, at.child('provisioner'))
  if (parameters) validateParameters(parameters, at.child('parameters'))
  allowedTopologies?.forEach((term, i) => {
    const keys = new Set<string>()
    term.matchLabelExpressions?.forEach(({ key, values }, j) => {
      const place = at.child('allowedTopologies').index(i).child('matchLabelExpressions').index(j)
      if (values.length === 0) place.child('values').required()
      values.forEach((value, k) => {
        if (values.indexOf(value) < k) place.child('values').index(k).duplicate(value)
      })
      validateLabelName(key, place.child('key'))
      if (keys.has(key)) place.child('key').duplicate(key)
      keys.add(key)
    })
  })
}

export function validateStorageClassUpdate(now: StorageClass, old: StorageClass, at: At): void {
  for (const field of ['parameters', 'provisioner', 'reclaimPolicy'] as const) {
    if (!deepEqual(now[field], old[field])) at.child(field).forbidden(`updates to ${field} are forbidden.`)
  }
  if (now.volumeBindingMode !== old.volumeBindingMode) {
    at.child('volumeBindingMode').invalid(now.volumeBindingMode, 'field is immutable')
  }
}
