import { deepEqual } from '../../apimachinery/json.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import { validateLabelName } from '../../apimachinery/validation/labels.ts'
import { IMMUTABLE_MESSAGE } from '../../apimachinery/validation/names.ts'
import { validateCSIDriverName } from '../core/pod/volume-rules.ts'
import type { CSINodeDriver } from './csinode.ts'

/** The longest node id of the CSI specification. */
const MAX_NODE_ID = 256

export function validateCSINode(drivers: readonly CSINodeDriver[], at: At): void {
  const names = new Set<string>()
  drivers.forEach(({ name, nodeID, topologyKeys }, i) => {
    const place = at.index(i)
    validateCSIDriverName(name, place.child('name'))
    if (nodeID.length > MAX_NODE_ID) {
      place.child('nodeID').invalid(nodeID, `must be ${MAX_NODE_ID} characters or less`)
    }
    if (names.has(name)) place.child('name').duplicate(name)
    names.add(name)
    const keys = new Set<string>()
    for (const key of topologyKeys) {
      if (key === '') place.required(key)
      if (keys.has(key)) place.duplicate(key)
      keys.add(key)
      validateLabelName(key, place)
    }
  })
}

/** Of a driver that stays only the number of its volumes may change. */
export function validateCSINodeUpdate(now: readonly CSINodeDriver[], old: readonly CSINodeDriver[], at: At): void {
  for (const before of old) {
    const driver = now.find(({ name }) => name === before.name)
    if (driver && !deepEqual({ ...driver, allocatable: undefined }, { ...before, allocatable: undefined })) {
      at.invalid(driver, IMMUTABLE_MESSAGE)
    }
  }
}
