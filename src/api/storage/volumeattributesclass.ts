import { deepEqual } from '../../apimachinery/json.ts'
import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { map, string, types } from '../../apimachinery/schema/types.ts'
import { age, column } from '../columns.ts'
import { validateParameters, validateProvisioner } from './storageclass-rules.ts'

const fields = {
  driverName: string(2).present().doc('The CSI driver it is for.'),
  parameters: map(3, types.string).doc('What the driver is told; one at least.'),
}
export interface VolumeAttributesClass extends ObjectOf<typeof fields> {}

const columns: readonly Column<VolumeAttributesClass>[] = [
  column('DriverName', ({ driverName }) => driverName, 'The CSI driver it is for.'),
  age,
]

export const volumeAttributesClass = kind({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttributesClass',
  plural: 'volumeattributesclasses',
  shortNames: ['vac'],
  scope: 'Cluster',
  doc: 'Attributes of volumes that can be changed while they are in use, as their speed.',
  fields,
  tracksGeneration: false,
  validate({ driverName, parameters = {} }, at) {
    validateProvisioner(driverName, at.child('driverName'))
    if (Object.keys(parameters).length === 0)
      at.child('parameters').required('must contain at least one key/value pair')
    else validateParameters(parameters, at.child('parameters'))
  },
  validateUpdate(now, old, at) {
    for (const field of ['driverName', 'parameters'] as const) {
      if (!deepEqual(now[field], old[field])) at.child(field).forbidden(`updates to ${field} are forbidden.`)
    }
  },
  columns,
})
