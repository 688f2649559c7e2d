import {
  bool,
  type Infer,
  int64,
  list,
  map,
  message,
  quantity,
  ref,
  string,
  time,
  types,
} from '../../apimachinery/schema/types.ts'
import { nodeSelector } from '../core/pod/affinity.ts'
import { validateAttribute, validateCounterConsumption, validateDevice, validateDeviceTaint } from './device-rules.ts'

const PACKAGE = 'k8s.io.api.resource.v1'

export const deviceAttribute = message(
  `${PACKAGE}.DeviceAttribute`,
  {
    int: int64(2).pointer().doc('A number.'),
    bool: bool(3).pointer().doc('Yes or no.'),
    string: string(4).pointer().doc('A text.'),
    version: string(5).pointer().doc('A semantic version.'),
    ints: list(6, types.int64).atomic().doc('Numbers.'),
    bools: list(7, types.bool).atomic().doc('Yes and no.'),
    strings: list(8, types.string).atomic().doc('Texts.'),
    versions: list(9, types.string).atomic().doc('Semantic versions.'),
  },
  {
    doc: 'An attribute of a device; exactly one field is set.',
    validate(attribute, at) {
      validateAttribute(attribute, at)
    },
  },
)
export interface DeviceAttribute extends Infer<typeof deviceAttribute> {}

export const capacityRequestPolicyRange = message(
  `${PACKAGE}.CapacityRequestPolicyRange`,
  {
    min: quantity(1).required().pointer().doc('The least.'),
    max: quantity(2).pointer().doc('The most.'),
    step: quantity(3).pointer().doc('In steps of this from the least.'),
  },
  { doc: 'A range of amounts.' },
)
export interface CapacityRequestPolicyRange extends Infer<typeof capacityRequestPolicyRange> {}

export const capacityRequestPolicy = message(
  `${PACKAGE}.CapacityRequestPolicy`,
  {
    default: quantity(1).pointer().doc('How much a request gets that names no amount.'),
    validValues: list(3, types.quantity).atomic().doc('The amounts that can be had.'),
    validRange: ref(4, capacityRequestPolicyRange).doc('The range of amounts that can be had.'),
  },
  { doc: 'How much of a capacity one request can have.' },
)
export interface CapacityRequestPolicy extends Infer<typeof capacityRequestPolicy> {}

export const deviceCapacity = message(
  `${PACKAGE}.DeviceCapacity`,
  {
    value: quantity(1).present().doc('How much there is.'),
    requestPolicy: ref(2, capacityRequestPolicy).doc('How much one request can have of it.'),
  },
  { doc: 'How much of something a device has.' },
)
export interface DeviceCapacity extends Infer<typeof deviceCapacity> {}

export const counter = message(
  `${PACKAGE}.Counter`,
  { value: quantity(1).present().doc('How much.') },
  { doc: 'An amount that devices share.' },
)

export const counterSet = message(
  `${PACKAGE}.CounterSet`,
  {
    name: string(1).present().doc('Its name.'),
    counters: map(2, counter).required().doc('The amounts, by name.'),
  },
  { doc: 'Amounts that the devices of a pool share.' },
)
export interface CounterSet extends Infer<typeof counterSet> {}

export const deviceCounterConsumption = message(
  `${PACKAGE}.DeviceCounterConsumption`,
  {
    counterSet: string(1).present().doc('The set of amounts.'),
    counters: map(2, counter).required().doc('How much it takes, by name.'),
  },
  {
    doc: 'What a device takes of what devices share.',
    validate(consumption, at) {
      validateCounterConsumption(consumption, at)
    },
  },
)
export interface DeviceCounterConsumption extends Infer<typeof deviceCounterConsumption> {}

export const deviceTaint = message(
  `${PACKAGE}.DeviceTaint`,
  {
    key: string(1).present().doc('Its key.'),
    value: string(2).doc('Its value.'),
    effect: string(3).present().doc('None, NoSchedule, or NoExecute: pods that use it end too.'),
    timeAdded: time(4).pointer().doc('Since when.'),
  },
  {
    doc: 'Keeps requests that do not accept it from a device.',
    validate(taint, at) {
      validateDeviceTaint(taint, at)
    },
  },
)
export interface DeviceTaint extends Infer<typeof deviceTaint> {}

export const nodeAllocatableResourceMapping = message(
  `${PACKAGE}.NodeAllocatableResourceMapping`,
  {
    capacityKey: string(1)
      .pointer()
      .doc("Name of the device's capacity that stands for it; the device itself when left out."),
    allocationMultiplier: quantity(2).pointer().doc('How much of the resource one of it is.'),
  },
  { doc: "How much of a node's resource a device is (alpha)." },
)

export const device = message(
  `${PACKAGE}.Device`,
  {
    name: string(1).present().doc('Its name.'),
    attributes: map(2, deviceAttribute).doc('What it is like, by name.'),
    capacity: map(3, deviceCapacity).doc('How much it has, by name.'),
    consumesCounters: list(4, deviceCounterConsumption).atomic().doc('What it takes of what devices share.'),
    nodeName: string(5).pointer().doc('The node that can use it; where the slice says perDeviceNodeSelection.'),
    nodeSelector: ref(6, nodeSelector).doc('Nodes that can use it; where the slice says perDeviceNodeSelection.'),
    allNodes: bool(7).pointer().doc('Whether all nodes can; where the slice says perDeviceNodeSelection.'),
    taints: list(8, deviceTaint).atomic().doc('Its taints.'),
    bindsToNode: bool(9).pointer().doc('Whether a claim that gets it is bound to the node.'),
    bindingConditions: list(10, types.string).atomic().doc('Conditions that must hold before a pod is bound.'),
    bindingFailureConditions: list(11, types.string).atomic().doc('Conditions that say that binding has failed.'),
    allowMultipleAllocations: bool(12).pointer().doc('Whether several requests can have it.'),
    nodeAllocatableResourceMappings: map(13, nodeAllocatableResourceMapping).doc(
      "How much of the node's resources it is, by resource (alpha).",
    ),
  },
  {
    doc: 'A device.',
    validate(device, at) {
      validateDevice(device, at)
    },
  },
)
export interface Device extends Infer<typeof device> {}
