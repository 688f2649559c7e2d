import { deepEqual } from '../../apimachinery/json.ts'
import { validateConditions } from '../../apimachinery/meta/condition.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import { IMMUTABLE_MESSAGE, isDNS1123Subdomain } from '../../apimachinery/validation/names.ts'
import { validateItems } from './lists.ts'
import { validateDriverName, validatePoolName } from './names.ts'
import type {
  PoolStatus,
  ResourcePoolStatusRequestSpec,
  ResourcePoolStatusRequestStatus,
} from './resourcepoolstatusrequest.ts'

/** The rules of requests for the state of pools, after upstream's pkg/apis/resource/validation. */

const MAX_POOLS = 1000
const MAX_CONDITIONS = 10
const MAX_ERROR_BYTES = 256
const COUNTS = ['totalDevices', 'allocatedDevices', 'availableDevices', 'unavailableDevices'] as const

function validateAtLeast(value: number | undefined, min: number, at: At): void {
  if (value !== undefined && value < min) at.invalid(value, `must be greater than or equal to ${min}`)
}

export function validatePoolStatusRequest({ driver, poolName, limit }: ResourcePoolStatusRequestSpec, at: At): void {
  if (driver === '') at.child('driver').required('driver name is required')
  else validateDriverName(driver, at.child('driver'))
  if (poolName === '') at.child('poolName').invalid(poolName, 'must not be empty when specified')
  else if (poolName !== undefined) validatePoolName(poolName, at.child('poolName'))
  validateAtLeast(limit, 1, at.child('limit'))
  if (limit > MAX_POOLS) at.child('limit').invalid(limit, `must be less than or equal to ${MAX_POOLS}`)
}

function validatePool(pool: PoolStatus, at: At): void {
  const { driver, poolName, nodeName, validationError = '' } = pool
  if (!driver) at.child('driver').required()
  else validateDriverName(driver, at.child('driver'))
  if (!poolName) at.child('poolName').required()
  else validatePoolName(poolName, at.child('poolName'))
  if (nodeName === '') at.child('nodeName').required('nodeName must not be empty when specified')
  else if (nodeName !== undefined) at.child('nodeName').invalidEach(nodeName, isDNS1123Subdomain(nodeName))
  validateAtLeast(pool.generation, 0, at.child('generation'))
  validateAtLeast(pool.resourceSliceCount, 1, at.child('resourceSliceCount'))
  for (const count of COUNTS) validateAtLeast(pool[count], 0, at.child(count))
  if (Buffer.byteLength(validationError) > MAX_ERROR_BYTES) at.child('validationError').tooLong(MAX_ERROR_BYTES)
}

/** An answer is given once. */
export function validatePoolStatusUpdate(
  status: ResourcePoolStatusRequestStatus | undefined,
  old: ResourcePoolStatusRequestStatus | undefined,
  at: At,
): void {
  if (old) {
    if (!deepEqual(status, old)) at.invalid(status, IMMUTABLE_MESSAGE)
    return
  }
  if (!status) return
  const { poolCount, conditions = [] } = status
  if (poolCount === undefined) at.child('poolCount').required()
  else validateAtLeast(poolCount, 0, at.child('poolCount'))
  validateItems(status.pools, MAX_POOLS, at.child('pools'), validatePool)
  if (conditions.length > MAX_CONDITIONS) at.child('conditions').tooMany(conditions.length, MAX_CONDITIONS)
  else validateConditions(conditions, at.child('conditions'))
}
