import { deepEqual } from '../../apimachinery/json.ts'
import { formatLabelSelector } from '../../apimachinery/labels.ts'
import { labelSelector } from '../../apimachinery/meta/label-selector.ts'
import { quantitySign } from '../../apimachinery/quantity.ts'
import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { quantity, ref, string } from '../../apimachinery/schema/types.ts'
import { IMMUTABLE_MESSAGE, isDNS1123Subdomain, NEGATIVE_MESSAGE } from '../../apimachinery/validation/names.ts'
import { column, wide } from '../columns.ts'

const fields = {
  nodeTopology: ref(2, labelSelector).doc('The nodes it is about; none when left out.'),
  storageClassName: string(3).present().doc('The storage class it is about.'),
  capacity: quantity(4).pointer().doc('How much there is.'),
  maximumVolumeSize: quantity(5).pointer().doc('How large one volume can be.'),
}
export interface CSIStorageCapacity extends ObjectOf<typeof fields> {}

const columns: readonly Column<CSIStorageCapacity>[] = [
  column('StorageClassName', ({ storageClassName }) => storageClassName, 'The storage class.'),
  column('Capacity', ({ capacity }) => capacity ?? '<unset>', 'How much there is.'),
  wide('MaximumVolumeSize', ({ maximumVolumeSize }) => maximumVolumeSize ?? '<unset>', 'How large one volume can be.'),
  wide('NodeTopology', ({ nodeTopology }) => formatLabelSelector(nodeTopology), 'The nodes.'),
]

export const csiStorageCapacity = kind({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIStorageCapacity',
  plural: 'csistoragecapacities',
  scope: 'Namespaced',
  doc: 'How much storage of a class there is for some nodes.',
  fields,
  tracksGeneration: false,
  validateCreate({ storageClassName, capacity }, at) {
    at.child('storageClassName').invalidEach(storageClassName, isDNS1123Subdomain(storageClassName))
    if (capacity !== undefined && quantitySign(capacity) < 0) at.child('capacity').invalid(capacity, NEGATIVE_MESSAGE)
  },
  validateUpdate(now, old, at) {
    for (const field of ['nodeTopology', 'storageClassName'] as const) {
      if (!deepEqual(now[field], old[field])) at.child(field).invalid(now[field], IMMUTABLE_MESSAGE)
    }
  },
  columns,
})
