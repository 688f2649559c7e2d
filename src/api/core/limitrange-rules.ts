import { own } from '../../apimachinery/own.ts'
import { compareQuantities, quantityNumber } from '../../apimachinery/quantity.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import { isQualifiedName } from '../../apimachinery/validation/names.ts'
import type { LimitRangeItem } from './limitrange.ts'
import { mayOvercommit, validateContainerResourceName, validateResourceName } from './pod/resource-names.ts'

const TYPES = ['Pod', 'Container', 'PersistentVolumeClaim']

type ResourceList = Record<string, string>
interface Item {
  readonly type: string
  readonly max?: ResourceList
  readonly min?: ResourceList
  default?: ResourceList
  defaultRequest?: ResourceList
}

function fillIn(into: ResourceList, from: ResourceList | undefined): ResourceList {
  for (const name in from) if (!Object.hasOwn(into, name)) into[name] = from[name]!
  return into
}

/** For containers: the default limit is the most, the default request the default limit or else the least. */
export function defaultLimitRangeItem(item: Item): void {
  if (item.type !== 'Container') return
  item.default = fillIn(item.default ?? {}, item.max)
  item.defaultRequest = fillIn(fillIn(item.defaultRequest ?? {}, item.default), item.min)
  if (Object.keys(item.default).length === 0) delete item.default
  if (Object.keys(item.defaultRequest).length === 0) delete item.defaultRequest
}

const above = (a: string | undefined, b: string | undefined): boolean =>
  a !== undefined && b !== undefined && compareQuantities(a, b) > 0

function validateAmounts(item: LimitRangeItem, name: string, at: At): void {
  const amount = (list: ResourceList = {}) => own(list, name)
  const [min, max] = [amount(item.min), amount(item.max)]
  const pod = item.type === 'Pod'
  const [limit, request] = pod ? [] : [amount(item.default), amount(item.defaultRequest)]
  const ratio = amount(item.maxLimitRequestRatio)
  const place = (field: string) => at.child(field).key(name)

  if (above(min, max)) place('min').invalid(min, `min value ${min} is greater than max value ${max}`)
  if (above(min, request)) {
    place('defaultRequest').invalid(request, `min value ${min} is greater than default request value ${request}`)
  }
  if (above(request, max)) {
    place('defaultRequest').invalid(request, `default request value ${request} is greater than max value ${max}`)
  }
  if (above(request, limit)) {
    place('defaultRequest').invalid(
      request,
      `default request value ${request} is greater than default limit value ${limit}`,
    )
  }
  if (above(min, limit)) place('default').invalid(min, `min value ${min} is greater than default value ${limit}`)
  if (above(limit, max)) place('default').invalid(max, `default value ${limit} is greater than max value ${max}`)
  if (ratio !== undefined && above('1', ratio)) {
    place('maxLimitRequestRatio').invalid(ratio, `ratio ${ratio} is less than 1`)
  }
  if (ratio !== undefined && min !== undefined && max !== undefined) {
    const most = quantityNumber(max) / quantityNumber(min)
    if (quantityNumber(ratio) > most) {
      place('maxLimitRequestRatio').invalid(ratio, `ratio ${ratio} is greater than max/min = ${most.toFixed(6)}`)
    }
  }
  if (!mayOvercommit(name) && limit !== undefined && request !== undefined && compareQuantities(limit, request) !== 0) {
    place('defaultRequest').invalid(
      request,
      `default value ${limit} must equal to defaultRequest value ${request} in ${name}`,
    )
  }
}

function validateType(type: string, at: At): void {
  const messages = isQualifiedName(type)
  at.invalidEach(type, messages)
  if (messages.length === 0 && !type.includes('/') && !TYPES.includes(type)) {
    at.invalid(type, 'must be a standard limit type or fully qualified')
  }
}

function validateItem(item: LimitRangeItem, at: At): void {
  validateType(item.type, at.child('type'))
  const names = new Set<string>()
  for (const field of ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const) {
    if (item.type === 'Pod' && field.startsWith('default')) {
      if (item[field]) at.child(field).forbidden("may not be specified when `type` is 'Pod'")
      continue
    }
    for (const name in item[field]) {
      const place = at.child(field).key(name)
      if (item.type === 'Pod' || item.type === 'Container') validateContainerResourceName(name, place)
      else validateResourceName(name, place)
      names.add(name)
    }
  }
  if (item.type === 'PersistentVolumeClaim' && !item.min?.storage && !item.max?.storage) {
    at.child('limits').required('either minimum or maximum storage value is required, but neither was provided')
  }
  for (const name of names) validateAmounts(item, name, at)
}

export function validateLimitRange(limits: readonly LimitRangeItem[], at: At): void {
  const types = new Set<string>()
  limits.forEach((item, i) => {
    validateItem(item, at.index(i))
    if (types.has(item.type)) at.index(i).child('type').duplicate(item.type)
    types.add(item.type)
  })
}
