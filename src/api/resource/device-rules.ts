import type { At } from '../../apimachinery/validation/at.ts'
import { validateLabelName } from '../../apimachinery/validation/labels.ts'
import { isLabelValue } from '../../apimachinery/validation/names.ts'
import { validateBindingConditions } from './binding-rules.ts'
import { validateRequestPolicy } from './capacity-rules.ts'
import type { CounterSet, Device, DeviceAttribute, DeviceCounterConsumption, DeviceTaint } from './device.ts'
import { validateEntries, validateItems, validateSet } from './lists.ts'
import { validateLabelled, validateQualifiedName } from './names.ts'
import { TAINT_EFFECTS } from './request-rules.ts'

/** The rules of devices, after upstream's pkg/apis/resource/validation. */

const MAX_VALUE_LENGTH = 64
const MAX_ATTRIBUTES = 32
const MAX_ATTRIBUTE_VALUES = 48
const MAX_TAINTS = 16
const MAX_COUNTERS = 32
const MAX_CONSUMPTIONS = 2
const SEMVER =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$/
const LISTS = ['bools', 'ints', 'strings', 'versions'] as const

function validateText(text: string, at: At): void {
  if (Buffer.byteLength(text) > MAX_VALUE_LENGTH) at.tooLong(MAX_VALUE_LENGTH)
}

function validateVersion(version: string, at: At): void {
  if (!SEMVER.test(version)) at.invalid(version, 'must be a string compatible with semver.org spec 2.0.0')
  validateText(version, at)
}

export function validateAttribute(attribute: DeviceAttribute, at: At): void {
  const set = Object.values(attribute).filter(value => value !== undefined).length
  if (attribute.string !== undefined) validateText(attribute.string, at.child('string'))
  if (attribute.version !== undefined) validateVersion(attribute.version, at.child('version'))
  for (const field of LISTS) {
    if (attribute[field]?.length === 0) at.child(field).invalid([], 'must not be empty if specified')
  }
  attribute.strings?.forEach((text, i) => {
    validateText(text, at.child('strings').index(i))
  })
  attribute.versions?.forEach((version, i) => {
    validateVersion(version, at.child('versions').index(i))
  })
  if (set !== 1) at.invalid(set === 0 ? '' : attribute, 'exactly one value must be specified')
}

/** How many values an attribute has; each item of a list counts. */
const valuesOf = (attribute: DeviceAttribute) =>
  LISTS.reduce((sum, field) => sum + (attribute[field]?.length ?? 0), 0) || 1

export function validateDeviceTaint({ key, value = '', effect }: DeviceTaint, at: At): void {
  validateLabelName(key, at.child('key'))
  if (value !== '') at.child('value').invalidEach(value, isLabelValue(value))
  if (effect === '') at.child('effect').required()
  else if (!TAINT_EFFECTS.includes(effect)) at.child('effect').notSupported(effect, TAINT_EFFECTS)
}

export function validateCounterConsumption({ counterSet, counters }: DeviceCounterConsumption, at: At): void {
  if (counterSet === '') at.child('counterSet').required()
  else validateLabelled(counterSet, at.child('counterSet'))
  validateEntries(counters, MAX_COUNTERS, at.child('counters'), validateLabelled)
}

export function validateCounterSet({ name, counters }: CounterSet, at: At): void {
  if (name === '') at.child('name').required()
  else validateLabelled(name, at.child('name'))
  validateEntries(counters, MAX_COUNTERS, at.child('counters'), validateLabelled)
}

export function validateDevice(device: Device, at: At): void {
  const { name, attributes = {}, capacity = {}, taints, consumesCounters } = device
  validateLabelled(name, at.child('name'))
  const total = Object.keys(attributes).length + Object.keys(capacity).length
  if (total > MAX_ATTRIBUTES) {
    at.invalid(total, `the total number of attributes and capacities must not exceed ${MAX_ATTRIBUTES}`)
  }
  const values = Object.values(attributes).reduce((sum, attribute) => sum + valuesOf(attribute), 0)
  if (values > MAX_ATTRIBUTE_VALUES) {
    at.invalid(values, `the total number of attribute values must not exceed ${MAX_ATTRIBUTE_VALUES}`)
  }
  const any = Number.POSITIVE_INFINITY
  validateEntries(attributes, any, at.child('attributes'), validateQualifiedName)
  validateEntries(capacity, any, at.child('capacity'), validateQualifiedName, ({ value, requestPolicy }, place) => {
    if (!requestPolicy) return
    if (device.allowMultipleAllocations) validateRequestPolicy(value, requestPolicy, place.child('requestPolicy'))
    else place.child('requestPolicy').forbidden('allowMultipleAllocations must be true')
  })
  validateItems(taints, MAX_TAINTS, at.child('taints'), () => {})
  validateSet(consumesCounters, MAX_CONSUMPTIONS, at.child('consumesCounters'), ({ counterSet }) => counterSet)
  validateBindingConditions(device, at)
}
