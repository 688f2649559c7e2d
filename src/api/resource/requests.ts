import { bool, type Infer, int64, list, map, message, ref, string, types } from '../../apimachinery/schema/types.ts'
import {
  defaultCount,
  validateAllocationMode,
  validateDeviceRequest,
  validateSelector,
  validateToleration,
} from './request-rules.ts'

const PACKAGE = 'k8s.io.api.resource.v1'

export const celDeviceSelector = message(
  `${PACKAGE}.CELDeviceSelector`,
  {
    expression: string(1)
      .required()
      .maxLength(10 * 1024)
      .doc('A CEL expression about `device`.'),
  },
  { doc: 'A condition on devices, in CEL.' },
)

export const deviceSelector = message(
  `${PACKAGE}.DeviceSelector`,
  { cel: ref(1, celDeviceSelector).doc('In CEL.') },
  {
    doc: 'A condition on devices.',
    validate(selector, at) {
      validateSelector(selector, at)
    },
  },
)
export interface DeviceSelector extends Infer<typeof deviceSelector> {}

export const deviceToleration = message(
  `${PACKAGE}.DeviceToleration`,
  {
    key: string(1).doc('Key of the taint; any when left out.'),
    operator: string(2).default('Equal').doc('Exists, or Equal: the value too.'),
    value: string(3).doc('Value of the taint.'),
    effect: string(4).doc('Effect of the taint; any when left out.'),
    tolerationSeconds: int64(5).pointer().doc('For NoExecute: seconds that it is tolerated; for ever when left out.'),
  },
  { doc: 'Taints of devices that are accepted.' },
)
export interface DeviceToleration extends Infer<typeof deviceToleration> {}

export const capacityRequirements = message(
  `${PACKAGE}.CapacityRequirements`,
  { requests: map(1, types.quantity).doc('How much, by name of the capacity.') },
  { doc: 'How much of a device is needed.' },
)

export const exactDeviceRequest = message(
  `${PACKAGE}.ExactDeviceRequest`,
  {
    deviceClassName: string(1).present().doc('The class of the devices.'),
    selectors: list(2, deviceSelector).atomic().doc('Conditions on them; all must hold.'),
    allocationMode: string(3).default('ExactCount').doc('ExactCount, or All: all that there are.'),
    count: int64(4).doc('For ExactCount: how many; 1 when left out.'),
    adminAccess: bool(5).pointer().doc('Whether devices that others have may be had too, to look after them.'),
    tolerations: list(6, deviceToleration).atomic().doc('Taints that are accepted.'),
    capacity: ref(7, capacityRequirements).doc('How much of each device.'),
  },
  {
    doc: 'A request for devices of a class.',
    defaults(request) {
      defaultCount(request)
    },
    validate(request, at) {
      validateAllocationMode(request, at)
      request.tolerations?.forEach((toleration, i) => {
        validateToleration(toleration, at.child('tolerations').index(i))
      })
    },
  },
)
export interface ExactDeviceRequest extends Infer<typeof exactDeviceRequest> {}

export const deviceSubRequest = message(
  `${PACKAGE}.DeviceSubRequest`,
  {
    name: string(1).present().doc('Its name.'),
    deviceClassName: string(2).present().doc('The class of the devices.'),
    selectors: list(3, deviceSelector).atomic().doc('Conditions on them; all must hold.'),
    allocationMode: string(4).default('ExactCount').doc('ExactCount, or All: all that there are.'),
    count: int64(5).doc('For ExactCount: how many; 1 when left out.'),
    tolerations: list(6, deviceToleration).atomic().doc('Taints that are accepted.'),
    capacity: ref(7, capacityRequirements).doc('How much of each device.'),
  },
  {
    doc: 'One of several requests, of which the first that can be met counts.',
    defaults(request) {
      defaultCount(request)
    },
    validate(request, at) {
      validateAllocationMode(request, at)
      request.tolerations?.forEach((toleration, i) => {
        validateToleration(toleration, at.child('tolerations').index(i))
      })
    },
  },
)
export interface DeviceSubRequest extends Infer<typeof deviceSubRequest> {}

export const deviceRequest = message(
  `${PACKAGE}.DeviceRequest`,
  {
    name: string(1).present().doc('Its name.'),
    exactly: ref(2, exactDeviceRequest).doc('What is asked for; or firstAvailable.'),
    firstAvailable: list(3, deviceSubRequest).atomic().doc('Requests of which the first that can be met counts.'),
  },
  {
    doc: 'A request for devices; exactly one of exactly and firstAvailable is set.',
    validate(request, at) {
      validateDeviceRequest(request, at)
    },
  },
)
export interface DeviceRequest extends Infer<typeof deviceRequest> {}
