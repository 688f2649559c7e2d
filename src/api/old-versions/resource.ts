import type { KubeObject } from '../../apimachinery/schema/kind.ts'
import { bool, type Fields, message, ref, string } from '../../apimachinery/schema/types.ts'
import type { Device } from '../resource/device.ts'
import { device } from '../resource/device.ts'
import {
  type DeviceClaim,
  type DeviceRequest,
  deviceClass,
  deviceTaintRule,
  type ExactDeviceRequest,
  type ResourceClaim,
  type ResourceClaimTemplate,
  type ResourceSlice,
  resourceClaim,
  resourceClaimTemplate,
  resourceSlice,
} from '../resource/index.ts'
import { defaultCount } from '../resource/request-rules.ts'
import { exactDeviceRequest } from '../resource/requests.ts'
import { type Difference, type OldVersion, oldVersion, renumbered } from './old-version.ts'

/** resource.k8s.io/v1beta2, which became v1 as it was, and v1beta1 (upstream's pkg/apis/resource/v1beta1/conversion.go). */

/** A request as v1beta1 has it: what v1 has in `exactly` stands beside the name. */
type OldRequest = Pick<DeviceRequest, 'name' | 'firstAvailable'> & Partial<ExactDeviceRequest>
/** A device as v1beta1 has it. */
type OldDevice = Pick<Device, 'name'> & { basic?: Omit<Device, 'name'> }

function toRequest({ name, firstAvailable, ...rest }: OldRequest): DeviceRequest {
  const { deviceClassName = '', ...others } = rest
  const isExact = deviceClassName !== '' || Object.values(others).some(value => value !== undefined)
  const exactly = { ...others, deviceClassName } as ExactDeviceRequest
  return { name, ...(isExact && { exactly }), ...(firstAvailable && { firstAvailable }) }
}

function fromRequest({ name, exactly, firstAvailable }: DeviceRequest): OldRequest {
  return { name, ...exactly, ...(firstAvailable && { firstAvailable }) }
}

const toDevice = ({ name, basic }: OldDevice): Device => ({ name, ...basic })
const fromDevice = ({ name, ...basic }: Device): OldDevice => ({ name, basic })

/** Converts the requests of a claim or of a template's claims. */
function withRequests<A, B>(object: KubeObject, convert: (request: A) => B): KubeObject {
  const { spec } = object as ResourceClaim | ResourceClaimTemplate
  const { devices } = 'spec' in spec ? spec.spec : spec
  const claim = devices as unknown as { requests: unknown[] }
  claim.requests = (devices as DeviceClaim).requests.map(request => convert(request as A))
  return object
}

function withDevices<A, B>(object: KubeObject, convert: (device: A) => B): KubeObject {
  const spec = (object as ResourceSlice).spec as unknown as { devices?: unknown[] }
  if (spec.devices) spec.devices = spec.devices.map(item => convert(item as A))
  return object
}

/** What has moved into a message of its own, or out of it, keeps its order by number. */
const renumber = (fields: Fields, by: number): Fields =>
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, renumbered(field, field.number + by)]))

const { name: _, ...basicFields } = device.fields
const basicDevice = message('k8s.io.api.resource.v1.BasicDevice', renumber(basicFields, -1), {
  doc: 'What a device is like.',
})

const { deviceClassName: __, allocationMode, tolerations, capacity, ...exactFields } = exactDeviceRequest.fields

const BETA1: Readonly<Record<string, Difference>> = {
  Device: {
    fields: ({ name }) => ({ name: name!, basic: ref(2, basicDevice).doc('What it is like.') }),
    validate: () => {},
  },
  DeviceRequest: {
    fields: ({ name, firstAvailable }) => ({
      name: name!,
      deviceClassName: string(2).always().doc('The class of the devices; or firstAvailable.'),
      // Only a request of one class has one by default.
      allocationMode: string(4).doc(allocationMode!.facts.doc!),
      ...renumber(exactFields, 1),
      firstAvailable: renumbered(firstAvailable!, 7),
      tolerations: renumbered(tolerations!, 8),
      capacity: renumbered(capacity!, 9),
    }),
    defaults(value) {
      const request = value as OldRequest & { allocationMode: string }
      if (request.firstAvailable?.length) return
      request.allocationMode ||= 'ExactCount'
      defaultCount(request)
    },
    validate: () => {},
  },
  DeviceSubRequest: {
    fields: fields => ({
      ...fields,
      tolerations: renumbered(fields.tolerations!, 7),
      capacity: renumbered(fields.capacity!, 8),
    }),
  },
  ResourceSliceSpec: {
    fields: fields => ({
      ...fields,
      nodeName: string(3).immutable().doc(fields.nodeName!.facts.doc!),
      allNodes: bool(5).doc(fields.allNodes!.facts.doc!),
    }),
  },
}

const beta1 = { version: 'v1beta1', deprecated: '1.35', removed: '1.38', replacement: false } satisfies OldVersion
const beta2 = { version: 'v1beta2', deprecated: '1.36', removed: '1.39', replacement: false } satisfies OldVersion

const requests: Pick<OldVersion, 'messages' | 'toCurrent' | 'fromCurrent'> = {
  messages: BETA1,
  toCurrent: object => withRequests(object, toRequest),
  fromCurrent: object => withRequests(object, fromRequest),
}

export const otherResource = [
  oldVersion(deviceClass, beta1),
  oldVersion(resourceClaim, { ...beta1, ...requests }),
  oldVersion(resourceClaimTemplate, { ...beta1, ...requests }),
  oldVersion(resourceSlice, {
    ...beta1,
    messages: BETA1,
    toCurrent: object => withDevices(object, toDevice),
    fromCurrent: object => withDevices(object, fromDevice),
  }),
  oldVersion(deviceClass, beta2),
  oldVersion(resourceClaim, beta2),
  oldVersion(resourceClaimTemplate, beta2),
  oldVersion(resourceSlice, beta2),
  oldVersion(deviceTaintRule, { version: 'v1alpha3', deprecated: '1.36', removed: '1.39', replacement: false }),
]
