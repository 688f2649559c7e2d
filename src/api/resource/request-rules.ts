import type { At } from '../../apimachinery/validation/at.ts'
import { validateLabelName } from '../../apimachinery/validation/labels.ts'
import { isLabelValue } from '../../apimachinery/validation/names.ts'
import { checkSelector } from './device-selector.ts'
import { validateItems, validateSet } from './lists.ts'
import { validateClassName, validateLabelled } from './names.ts'
import type { DeviceRequest, DeviceSelector, DeviceToleration, ExactDeviceRequest } from './requests.ts'

/** The rules of requests for devices, after upstream's pkg/apis/resource/validation. */

const MODES = ['All', 'ExactCount']
const OPERATORS = ['Equal', 'Exists']
export const TAINT_EFFECTS = ['NoExecute', 'NoSchedule', 'None']
const MAX_SELECTORS = 32
const MAX_ALTERNATIVES = 8

/** One device, unless another number or all are asked for. */
export function defaultCount(request: { readonly allocationMode: string; count?: number }): void {
  if (request.allocationMode === 'ExactCount' && !request.count) request.count = 1
}

export function validateSelector({ cel }: DeviceSelector, at: At): void {
  if (!cel) at.child('cel').required()
  else checkSelector(cel.expression, at.child('cel', 'expression'))
}

export function validateToleration({ key = '', operator, value = '', effect = '' }: DeviceToleration, at: At): void {
  if (key !== '') validateLabelName(key, at.child('key'))
  if (!OPERATORS.includes(operator)) at.child('operator').notSupported(operator, OPERATORS)
  else if (operator === 'Equal') at.child('value').invalidEach(value, isLabelValue(value))
  else if (value !== '') at.child('value').invalid(value, 'must be empty for operator `Exists`')
  if (effect !== '' && !TAINT_EFFECTS.includes(effect)) at.child('effect').notSupported(effect, TAINT_EFFECTS)
}

type Request = Pick<ExactDeviceRequest, 'deviceClassName' | 'selectors' | 'allocationMode' | 'count'>

export function validateAllocationMode(
  { deviceClassName, selectors, allocationMode: mode, count = 0 }: Request,
  at: At,
) {
  validateClassName(deviceClassName, at.child('deviceClassName'))
  validateItems(selectors, MAX_SELECTORS, at.child('selectors'), () => {})
  if (!MODES.includes(mode)) at.child('allocationMode').notSupported(mode, MODES)
  else if (mode === 'All' && count !== 0) {
    at.child('count').invalid(count, "must not be specified when allocationMode is 'All'")
  } else if (mode === 'ExactCount' && count <= 0) {
    at.child('count').invalid(count, 'must be greater than zero')
  }
}

export function validateDeviceRequest({ name, exactly, firstAvailable = [] }: DeviceRequest, at: At): void {
  validateLabelled(name, at.child('name'))
  const one = 'exactly one of `exactly` or `firstAvailable` is required'
  if (!exactly && firstAvailable.length === 0) at.required(one)
  else if (exactly && firstAvailable.length > 0) at.invalid(null, `${one}, but multiple fields are set`)
  const nameOf = (request: { name: string }) => request.name
  validateSet(firstAvailable, MAX_ALTERNATIVES, at.child('firstAvailable'), nameOf, (request, place) => {
    validateLabelled(request.name, place.child('name'))
  })
}
