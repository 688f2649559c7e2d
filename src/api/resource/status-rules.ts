import { deepEqual } from '../../apimachinery/json.ts'
import { validateConditions } from '../../apimachinery/meta/condition.ts'
import { validate } from '../../apimachinery/schema/validate.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import { canonicalIP, parseCIDR } from '../../apimachinery/validation/ip.ts'
import { IMMUTABLE_MESSAGE } from '../../apimachinery/validation/names.ts'
import { nodeSelector } from '../core/pod/affinity.ts'
import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceAllocationConfiguration,
  DeviceRequestAllocationResult,
  NetworkDeviceData,
  ResourceClaimStatus,
} from './allocation.ts'
import { validateBindingConditions } from './binding-rules.ts'
import {
  MAX_CONFIGS,
  type RequestNames,
  requestNames,
  validateConfiguration,
  validateOpaque,
  validateRawObject,
  validateRequestReference,
  validateRequestReferences,
} from './claim-rules.ts'
import { validateItems, validateSet } from './lists.ts'
import { validateDriverName, validateLabelled, validatePoolName, validateUID } from './names.ts'
import { validateToleration } from './request-rules.ts'
import type { ResourceClaim } from './resourceclaim.ts'

/** The rules of a claim's status, after upstream's pkg/apis/resource/validation. */

const MAX_RESERVED = 256
const MAX_RESULTS = 32
const MAX_CONDITIONS = 8
const MAX_DATA_BYTES = 10 * 1024
const MAX_INTERFACE_NAME = 256
const MAX_HARDWARE_ADDRESS = 128
const MAX_IPS = 16
const SOURCES = ['FromClaim', 'FromClass']

interface DeviceName {
  readonly driver: string
  readonly pool: string
  readonly device: string
  readonly shareID?: string
}
const idOf = ({ driver, pool, device, shareID }: DeviceName) =>
  [driver, pool, device, ...(shareID === undefined ? [] : [shareID])].join('/')

function validateDeviceName({ driver, pool, device, shareID }: DeviceName, at: At): void {
  validateDriverName(driver, at.child('driver'))
  validatePoolName(pool, at.child('pool'))
  validateLabelled(device, at.child('device'))
  if (shareID !== undefined) validateUID(shareID, at.child('shareID'))
}

function validateResult(result: DeviceRequestAllocationResult, names: RequestNames, at: At): void {
  validateRequestReference(result.request, names, at.child('request'))
  validateDeviceName(result, at)
  validateBindingConditions(result, at)
  result.tolerations?.forEach((toleration, i) => {
    validateToleration(toleration, at.child('tolerations').index(i))
  })
}

function validateAllocatedConfiguration(config: DeviceAllocationConfiguration, names: RequestNames, at: At): void {
  const { source, opaque } = config
  if (source === '') at.child('source').required()
  else if (!SOURCES.includes(source)) at.child('source').notSupported(source, SOURCES)
  validateRequestReferences(config.requests, names, at.child('requests'))
  validateConfiguration(config, at)
  if (opaque) validateOpaque(opaque, at.child('opaque'))
}

function validateAllocation(allocation: AllocationResult, names: RequestNames, at: At): void {
  const { results, config } = allocation.devices
  validateItems(results, MAX_RESULTS, at.child('devices', 'results'), (result, place) => {
    validateResult(result, names, place)
  })
  // Those of the class and those of the claim.
  validateItems(config, 2 * MAX_CONFIGS, at.child('devices', 'config'), (item, place) => {
    validateAllocatedConfiguration(item, names, place)
  })
  if (allocation.nodeSelector) validate(nodeSelector, allocation.nodeSelector, at.child('nodeSelector'))
}

function validateInterfaceAddress(address: string, at: At): void {
  const cidr = parseCIDR(address)
  if (!cidr) at.invalid(address, 'must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)')
  else if (canonicalIP(cidr.address) !== cidr.address) {
    at.invalid(address, `must be in canonical form ("${canonicalIP(cidr.address)}/${cidr.prefix}")`)
  }
}

function validateNetworkData({ interfaceName = '', hardwareAddress = '', ips }: NetworkDeviceData, at: At): void {
  if (Buffer.byteLength(interfaceName) > MAX_INTERFACE_NAME) at.child('interfaceName').tooLong(MAX_INTERFACE_NAME)
  if (Buffer.byteLength(hardwareAddress) > MAX_HARDWARE_ADDRESS) {
    at.child('hardwareAddress').tooLong(MAX_HARDWARE_ADDRESS)
  }
  validateSet(ips, MAX_IPS, at.child('ips'), ip => ip, validateInterfaceAddress)
}

function validateDevice(device: AllocatedDeviceStatus, allocated: ReadonlySet<string>, at: At): void {
  validateDeviceName(device, at)
  if (!allocated.has(idOf(device))) at.invalid(idOf(device), 'must be an allocated device in the claim')
  const { conditions, data, networkData } = device
  if (conditions.length > MAX_CONDITIONS) at.child('conditions').tooMany(conditions.length, MAX_CONDITIONS)
  validateConditions(conditions, at.child('conditions'))
  if (data !== undefined && data !== null) validateRawObject(data, MAX_DATA_BYTES, at.child('data'))
  if (networkData) validateNetworkData(networkData, at.child('networkData'))
}

function validateReservations(status: ResourceClaimStatus, old: ResourceClaimStatus, deleted: boolean, at: At): void {
  const { reservedFor = [] } = status
  validateSet(
    reservedFor,
    MAX_RESERVED,
    at,
    ({ uid }) => uid,
    (consumer, place) => {
      for (const field of ['resource', 'name', 'uid'] as const) if (!consumer[field]) place.child(field).required()
    },
  )
  if (reservedFor.length === 0) return
  if (!status.allocation) at.forbidden('may not be specified when `allocated` is not set')
  else if (deleted && reservedFor.some(now => !old.reservedFor?.some(before => deepEqual(now, before)))) {
    at.forbidden('new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set')
  }
}

export function validateResourceClaimStatus(claim: ResourceClaim, old: ResourceClaim, at: At): void {
  const { status, metadata, spec } = claim
  validateReservations(status, old.status, metadata.deletionTimestamp !== undefined, at.child('reservedFor'))
  const allocated = new Set(status.allocation?.devices.results?.map(idOf))
  validateSet(status.devices, Number.POSITIVE_INFINITY, at.child('devices'), idOf, (device, place) => {
    validateDevice(device, allocated, place)
  })
  if (!status.allocation) return
  const place = at.child('allocation')
  if (!old.status.allocation) validateAllocation(status.allocation, requestNames(spec.devices), place)
  else if (!deepEqual(status.allocation, old.status.allocation)) place.invalid(status.allocation, IMMUTABLE_MESSAGE)
}
