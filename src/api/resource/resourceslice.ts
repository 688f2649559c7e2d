import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { bool, type Infer, int64, list, message, ref, string } from '../../apimachinery/schema/types.ts'
import { age, column } from '../columns.ts'
import { nodeSelector } from '../core/pod/affinity.ts'
import { counterSet, device } from './device.ts'
import { validateResourceSlice } from './resourceslice-rules.ts'

export const resourcePool = message(
  'k8s.io.api.resource.v1.ResourcePool',
  {
    name: string(1).present().immutable().doc('Its name.'),
    generation: int64(2).present().doc('Counts the changes; only slices of the highest are valid.'),
    resourceSliceCount: int64(3).present().doc('How many slices it has at this generation.'),
  },
  { doc: 'Slices that belong together.' },
)
export interface ResourcePool extends Infer<typeof resourcePool> {}

export const resourceSliceSpec = message(
  'k8s.io.api.resource.v1.ResourceSliceSpec',
  {
    driver: string(1).present().immutable().doc('The driver of the devices.'),
    pool: ref(2, resourcePool).present().doc('The pool that it belongs to.'),
    nodeName: string(3).pointer().immutable().doc('The node that can use them.'),
    nodeSelector: ref(4, nodeSelector).doc('Nodes that can use them.'),
    allNodes: bool(5).pointer().doc('Whether all nodes can use them.'),
    devices: list(6, device).atomic().doc('The devices.'),
    perDeviceNodeSelection: bool(7).pointer().doc('Whether each device says which nodes can use it.'),
    sharedCounters: list(8, counterSet).atomic().doc('Amounts that the devices of the pool share.'),
  },
  {
    doc: 'Devices of a pool.',
    validate(spec, at) {
      validateResourceSlice(spec, at)
    },
  },
)
export interface ResourceSliceSpec extends Infer<typeof resourceSliceSpec> {}

const fields = {
  spec: ref(2, resourceSliceSpec).present().doc('The devices.'),
}
export interface ResourceSlice extends ObjectOf<typeof fields> {}

const columns: readonly Column<ResourceSlice>[] = [
  column('Node', ({ spec }) => spec.nodeName ?? '<unset>', 'The node that can use the devices.'),
  column('Driver', ({ spec }) => spec.driver, 'The driver.'),
  column('Pool', ({ spec }) => spec.pool.name, 'The pool.'),
  age,
]

export const resourceSlice = kind({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceSlice',
  plural: 'resourceslices',
  scope: 'Cluster',
  doc: 'Devices that a driver has to offer.',
  fields,
  selectableFields: {
    'spec.nodeName': ({ spec }) => spec.nodeName ?? '',
    'spec.driver': ({ spec }) => spec.driver,
  },
  columns,
})
