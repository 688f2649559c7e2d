import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, int32, list, message, ref, string, types } from '../../apimachinery/schema/types.ts'
import { age, count } from '../columns.ts'
import { validateCSINode, validateCSINodeUpdate } from './csinode-rules.ts'

export const volumeNodeResources = message(
  'k8s.io.api.storage.v1.VolumeNodeResources',
  { count: int32(1).pointer().min(0).doc('How many volumes; without limit when not given.') },
  { doc: 'How many volumes of a driver a node can have.' },
)
export interface VolumeNodeResources extends Infer<typeof volumeNodeResources> {}

export const csiNodeDriver = message(
  'k8s.io.api.storage.v1.CSINodeDriver',
  {
    name: string(1).present().doc('Name of the driver.'),
    nodeID: string(2).required().doc('What the driver calls the node.'),
    topologyKeys: list(3, types.string)
      .always()
      .atomic()
      .doc('Labels that the driver puts on nodes to tell places apart.'),
    allocatable: ref(4, volumeNodeResources).doc('How many volumes the node can have.'),
  },
  { doc: 'A driver that runs on a node.' },
)
export interface CSINodeDriver extends Infer<typeof csiNodeDriver> {}

export const csiNodeSpec = message(
  'k8s.io.api.storage.v1.CSINodeSpec',
  { drivers: list(1, csiNodeDriver).present().mapKeys('name').patchMerge('name').doc('The drivers.') },
  {
    doc: 'Which CSI drivers a node has.',
    validate({ drivers }, at) {
      validateCSINode(drivers, at.child('drivers'))
    },
  },
)
export interface CSINodeSpec extends Infer<typeof csiNodeSpec> {}

const fields = {
  spec: ref(2, csiNodeSpec).present().doc('Which drivers it has.'),
}
export interface CSINode extends ObjectOf<typeof fields> {}

const columns: readonly Column<CSINode>[] = [
  count('Drivers', ({ spec }) => spec.drivers.length, 'How many drivers the node has.'),
  age,
]

export const csiNode = kind({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSINode',
  plural: 'csinodes',
  scope: 'Cluster',
  doc: 'Which CSI drivers the node of the same name has.',
  fields,
  tracksGeneration: false,
  validateUpdate(node, old, at) {
    validateCSINodeUpdate(node.spec.drivers, old.spec.drivers, at.child('spec', 'drivers'))
  },
  columns,
})
