import type { At } from '../../apimachinery/validation/at.ts'
import { isCIDR } from '../../apimachinery/validation/ip.ts'
import { IMMUTABLE_MESSAGE } from '../../apimachinery/validation/names.ts'
import type { ServiceCIDRSpec } from './servicecidr.ts'

const MAX_RANGES = 2
const isIPv6 = (cidr: string) => cidr.includes(':')

export function validateServiceCIDR(spec: ServiceCIDRSpec, at: At): void {
  const { cidrs = [] } = spec
  const [first, second] = cidrs
  if (first === undefined) {
    at.required('at least one CIDR required')
  } else if (cidrs.length > MAX_RANGES) {
    at.invalid(spec, 'may only hold up to 2 values')
  } else if (second !== undefined && isIPv6(first) === isIPv6(second)) {
    at.invalid(spec, 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64')
  } else {
    cidrs.forEach((cidr, i) => {
      at.index(i).invalidEach(cidr, isCIDR(cidr))
    })
  }
}

/** A range stays as it is; one of the other family may come to it. */
export function validateServiceCIDRUpdate(now: ServiceCIDRSpec, old: ServiceCIDRSpec, at: At): void {
  const [cidrs, before] = [now.cidrs ?? [], old.cidrs ?? []]
  if (cidrs.length === before.length || (before.length === 1 && cidrs.length === MAX_RANGES)) {
    before.forEach((cidr, i) => {
      if (cidrs[i] !== cidr) at.index(i).invalid(cidrs[i], IMMUTABLE_MESSAGE)
    })
    if (cidrs.length > before.length) validateServiceCIDR(now, at)
  } else {
    at.invalid(cidrs, IMMUTABLE_MESSAGE)
  }
}
