import { condition } from '../../apimachinery/meta/condition.ts'
import { objectMeta } from '../../apimachinery/meta/object-meta.ts'
import { kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, int32, int64, list, message, ref, string } from '../../apimachinery/schema/types.ts'
import { age } from '../columns.ts'
import { validatePoolStatusRequest, validatePoolStatusUpdate } from './resourcepoolstatusrequest-rules.ts'

const PACKAGE = 'k8s.io.api.resource.v1alpha3'

export const resourcePoolStatusRequestSpec = message(
  `${PACKAGE}.ResourcePoolStatusRequestSpec`,
  {
    driver: string(1).present().doc('The driver whose pools are counted.'),
    poolName: string(2).pointer().doc('The pool; all of the driver when left out.'),
    limit: int32(3).pointer().default(100).doc('How many pools the answer may have, 1 to 1000.'),
  },
  {
    doc: 'Which pools are counted.',
    validate(spec, at) {
      validatePoolStatusRequest(spec, at)
    },
  },
)
export interface ResourcePoolStatusRequestSpec extends Infer<typeof resourcePoolStatusRequestSpec> {}

export const poolStatus = message(
  `${PACKAGE}.PoolStatus`,
  {
    driver: string(1).required().doc("The pool's driver."),
    poolName: string(2).required().doc("The pool's name."),
    generation: int64(9).present().doc('Its newest generation.'),
    resourceSliceCount: int32(8).pointer().doc('How many slices it has.'),
    totalDevices: int32(4).pointer().doc('How many devices it has.'),
    allocatedDevices: int32(5).pointer().doc('How many of them claims have got.'),
    availableDevices: int32(6).pointer().doc('How many of them can be had.'),
    unavailableDevices: int32(7).pointer().doc('How many of them cannot be had though no claim has them.'),
    nodeName: string(3).pointer().doc('The node that can use it; none when left out.'),
    validationError: string(10).pointer().doc('Why it could not be counted.'),
  },
  { doc: 'How many devices of a pool there are.' },
)
export interface PoolStatus extends Infer<typeof poolStatus> {}

export const resourcePoolStatusRequestStatus = message(
  `${PACKAGE}.ResourcePoolStatusRequestStatus`,
  {
    poolCount: int32(6).required().pointer().doc('How many pools there are, also beyond the limit.'),
    pools: list(2, poolStatus).atomic().doc('The pools, by driver and name.'),
    conditions: list(3, condition).mapKeys('type').patchMerge('type').doc('Observations, by type: Complete, Failed.'),
  },
  { doc: 'The answer.' },
)
export interface ResourcePoolStatusRequestStatus extends Infer<typeof resourcePoolStatusRequestStatus> {}

const fields = {
  metadata: ref(1, objectMeta).present().doc('What it is called.'),
  spec: ref(2, resourcePoolStatusRequestSpec).present().immutable().doc('Which pools are counted.'),
  status: ref(3, resourcePoolStatusRequestStatus).doc('The answer, once there is one.'),
}
export interface ResourcePoolStatusRequest extends ObjectOf<typeof fields> {}

export const resourcePoolStatusRequest = kind({
  group: 'resource.k8s.io',
  version: 'v1alpha3',
  kind: 'ResourcePoolStatusRequest',
  plural: 'resourcepoolstatusrequests',
  scope: 'Cluster',
  subresources: { status: true },
  doc: 'Asks, once, how many devices of pools there are.',
  fields,
  validateStatusUpdate({ status }, old, at) {
    validatePoolStatusUpdate(status, old.status, at.child('status'))
  },
  columns: [age],
})
