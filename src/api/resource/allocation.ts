import { condition } from '../../apimachinery/meta/condition.ts'
import {
  any,
  bool,
  type Infer,
  inline,
  list,
  map,
  message,
  ref,
  string,
  time,
  types,
} from '../../apimachinery/schema/types.ts'
import { nodeSelector } from '../core/pod/affinity.ts'
import { deviceConfigurationFields } from './claim.ts'
import { deviceToleration } from './requests.ts'

const PACKAGE = 'k8s.io.api.resource.v1'

export const deviceRequestAllocationResult = message(
  `${PACKAGE}.DeviceRequestAllocationResult`,
  {
    request: string(1).present().doc('The request it is for.'),
    driver: string(2).present().doc("The device's driver."),
    pool: string(3).present().doc("The device's pool."),
    device: string(4).present().doc("The device's name."),
    adminAccess: bool(5).pointer().doc('Whether it is had besides others, to look after it.'),
    tolerations: list(6, deviceToleration).atomic().doc('Taints that the request accepts.'),
    bindingConditions: list(7, types.string).atomic().doc('Conditions that must hold before the pod is bound.'),
    bindingFailureConditions: list(8, types.string).atomic().doc('Conditions that say that binding has failed.'),
    shareID: string(9).pointer().doc('Tells apart the shares of a device that several have.'),
    consumedCapacity: map(10, types.quantity).doc('How much of it is had, by name of the capacity.'),
  },
  { doc: 'A device that a request got.' },
)
export interface DeviceRequestAllocationResult extends Infer<typeof deviceRequestAllocationResult> {}

export const deviceAllocationConfiguration = message(
  `${PACKAGE}.DeviceAllocationConfiguration`,
  {
    source: string(1).present().doc('Whence it comes: FromClass or FromClaim.'),
    requests: list(2, types.string).atomic().doc('The requests it is about; all when empty.'),
    ...inline(3, deviceConfigurationFields),
  },
  { doc: 'How the devices are set up.' },
)
export interface DeviceAllocationConfiguration extends Infer<typeof deviceAllocationConfiguration> {}

export const deviceAllocationResult = message(
  `${PACKAGE}.DeviceAllocationResult`,
  {
    results: list(1, deviceRequestAllocationResult).atomic().doc('The devices.'),
    config: list(2, deviceAllocationConfiguration).atomic().doc('How they are set up.'),
  },
  { doc: 'The devices that a claim got.' },
)

export const allocationResult = message(
  `${PACKAGE}.AllocationResult`,
  {
    devices: ref(1, deviceAllocationResult).always().doc('The devices.'),
    nodeSelector: ref(3, nodeSelector).doc('Nodes on which they can be used; all when left out.'),
    allocationTimestamp: time(5).pointer().doc('When they were given out.'),
  },
  { doc: 'What a claim got.' },
)
export interface AllocationResult extends Infer<typeof allocationResult> {}

export const resourceClaimConsumerReference = message(
  `${PACKAGE}.ResourceClaimConsumerReference`,
  {
    apiGroup: string(1).doc('Its API group; empty for the core group.'),
    resource: string(3).present().doc('Its resource, as pods.'),
    name: string(4).present().doc('Its name.'),
    uid: string(5).present().doc('Its uid.'),
  },
  { doc: 'Who may use a claim, in the same namespace.' },
)
export interface ResourceClaimConsumerReference extends Infer<typeof resourceClaimConsumerReference> {}

export const networkDeviceData = message(
  `${PACKAGE}.NetworkDeviceData`,
  {
    interfaceName: string(1).doc('Name of the interface.'),
    ips: list(2, types.string).atomic().doc('Its addresses, with the prefix length.'),
    hardwareAddress: string(3).doc('Its hardware address.'),
  },
  { doc: 'What is known of a network device.' },
)
export interface NetworkDeviceData extends Infer<typeof networkDeviceData> {}

export const allocatedDeviceStatus = message(
  `${PACKAGE}.AllocatedDeviceStatus`,
  {
    driver: string(1).present().doc("The device's driver."),
    pool: string(2).present().doc("The device's pool."),
    device: string(3).present().doc("The device's name."),
    conditions: list(4, condition).always().mapKeys('type').doc('Observations, by type.'),
    data: any(5).pointer().doc('What the driver says of it.'),
    networkData: ref(6, networkDeviceData).doc('For network devices.'),
    shareID: string(7).pointer().doc('Tells apart the shares of a device that several have.'),
  },
  { doc: 'What the driver says of a device.' },
)
export interface AllocatedDeviceStatus extends Infer<typeof allocatedDeviceStatus> {}

export const resourceClaimStatus = message(
  `${PACKAGE}.ResourceClaimStatus`,
  {
    allocation: ref(1, allocationResult).doc('What it got.'),
    reservedFor: list(2, resourceClaimConsumerReference).mapKeys('uid').patchMerge('uid').doc('Who may use it now.'),
    devices: list(4, allocatedDeviceStatus)
      .mapKeys('driver', 'device', 'pool', 'shareID')
      .doc('What drivers say of the devices.'),
  },
  { doc: 'What is known of a claim.' },
)
export interface ResourceClaimStatus extends Infer<typeof resourceClaimStatus> {}
