import type { At } from '../../apimachinery/validation/at.ts'
import type { Service, ServiceSpec } from './service.ts'
import { isHeadless, needsHealthCheck } from './service-kind.ts'

/** What may change in a Service once it exists: its first address and family stay; a second may come and go. */

const ONCE = 'may not change once set'

function validateClusterIPs(spec: ServiceSpec, old: ServiceSpec, at: At): void {
  if (isHeadless(old) && isHeadless(spec)) return
  const ips = spec.clusterIPs ?? []
  const before = old.clusterIPs ?? []
  const place = at.child('clusterIPs')
  if (before.length === ips.length) {
    before.forEach((ip, i) => {
      if (ip !== ips[i]) place.index(i).invalid(ips, ONCE)
    })
    return
  }
  if (before.length > ips.length && ips.length === 0) place.index(0).invalid(ips, 'primary clusterIP can not be unset')
  if (before.length > 0 && ips.length > 0 && ips[0] !== before[0]) place.index(0).invalid(ips, ONCE)
  if (before.length > ips.length && ips.length === 1 && spec.ipFamilyPolicy !== 'SingleStack') {
    at.child('ipFamilyPolicy').invalid(
      spec.ipFamilyPolicy ?? null,
      "must be set to 'SingleStack' when releasing the secondary clusterIP",
    )
  }
}

function validateFamilies(spec: ServiceSpec, old: ServiceSpec, at: At): void {
  if (isHeadless(spec) || isHeadless(old)) return
  const families = spec.ipFamilies ?? []
  const before = old.ipFamilies ?? []
  const place = at.child('ipFamilies').index(0)
  if (before.length === families.length) {
    if (before.some((family, i) => family !== families[i])) place.invalid(families, ONCE)
    return
  }
  if (before.length > families.length && families.length === 0) {
    place.invalid(families, 'primary ipFamily can not be unset')
  }
  if (before.length > 0 && families.length > 0 && families[0] !== before[0]) place.invalid(families, ONCE)
  if (before.length > families.length && families.length === 1 && spec.ipFamilyPolicy !== 'SingleStack') {
    at.child('ipFamilyPolicy').invalid(
      spec.ipFamilyPolicy ?? null,
      "must be set to 'SingleStack' when releasing the secondary ipFamily",
    )
  }
}

export function validateServiceUpdate({ spec }: Service, { spec: old }: Service, at: At): void {
  const place = at.child('spec')
  if (spec.type !== 'ExternalName' && old.type !== 'ExternalName') {
    validateClusterIPs(spec, old, place)
    validateFamilies(spec, old, place)
  }
  if (spec.type === 'LoadBalancer' && old.type === 'LoadBalancer' && spec.loadBalancerClass !== old.loadBalancerClass) {
    place.child('loadBalancerClass').invalid(spec.loadBalancerClass ?? null, ONCE)
  }
  if (needsHealthCheck(old) && needsHealthCheck(spec) && spec.healthCheckNodePort !== old.healthCheckNodePort) {
    place.child('healthCheckNodePort').forbidden('field is immutable')
  }
}
