import type { At } from '../../apimachinery/validation/at.ts'
import { isCIDR, parseCIDR } from '../../apimachinery/validation/ip.ts'
import { validateLabelName } from '../../apimachinery/validation/labels.ts'
import { isLabelValue } from '../../apimachinery/validation/names.ts'
import type { Node, Taint } from './node.ts'
import { validateResourceQuantity } from './pod/resource-names.ts'
import { validateTaintEffect } from './pod/scheduling-rules.ts'

interface PodCIDRs {
  podCIDR?: string
  podCIDRs?: string[]
}

/** Keeps the single range and the first of the list the same; where they differ the single one counts. */
export function alignPodCIDRs(spec: PodCIDRs): void {
  const { podCIDR, podCIDRs = [] } = spec
  if (podCIDR && podCIDRs[0] !== podCIDR) spec.podCIDRs = [podCIDR]
  else if (podCIDRs[0]) spec.podCIDR = podCIDRs[0]
}

export function validateTaint({ key, value = '', effect }: Taint, at: At): void {
  validateLabelName(key, at.child('key'))
  const messages = isLabelValue(value)
  if (messages.length > 0) at.child('value').invalid(value, messages.join(';'))
  if (effect === '') at.child('effect').required()
  else validateTaintEffect(effect, at.child('effect'))
}

const MAX_FEATURE = 253
const FEATURE = /^[A-Z][a-zA-Z0-9]*(\/[a-zA-Z][a-zA-Z0-9]*)*$/

function validateFeatures(features: readonly string[], at: At): void {
  features.forEach((feature, i) => {
    const quoted = JSON.stringify(feature)
    if (feature.length > MAX_FEATURE) {
      at.index(i).invalid(feature, `invalid feature name ${quoted}: must be no more than ${MAX_FEATURE} characters`)
    } else if (!FEATURE.test(feature)) {
      at.index(i).invalid(
        feature,
        `invalid feature name ${quoted}: must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes`,
      )
    }
    const next = features[i + 1]
    if (next === feature) at.index(i + 1).duplicate(next)
    else if (next !== undefined && next < feature) at.index(i + 1).invalid(next, 'list must be sorted alphabetically')
  })
}

export function validateNode({ spec, status }: Node, at: At): void {
  const taints = new Set<string>()
  spec.taints?.forEach((taint, i) => {
    const key = `${taint.key}:${taint.effect}`
    if (taints.has(key)) {
      at.child('spec', 'taints').index(i).duplicate(taint, 'taints must be unique by key and effect pair')
    }
    taints.add(key)
  })
  for (const field of ['capacity', 'allocatable'] as const) {
    for (const [name, quantity] of Object.entries(status[field] ?? {})) {
      validateResourceQuantity(name, quantity, at.child('status', field, name))
    }
  }
  if (status.declaredFeatures) validateFeatures(status.declaredFeatures, at.child('status', 'declaredFeatures'))
  const place = at.child('spec', 'podCIDRs')
  const cidrs = spec.podCIDRs ?? []
  cidrs.forEach((cidr, i) => {
    place.index(i).invalidEach(cidr, isCIDR(cidr))
  })
  const families = new Set(cidrs.map(cidr => parseCIDR(cidr)?.family))
  if (families.size < cidrs.length) place.invalid(cidrs, 'may specify no more than one CIDR for each IP family')
}

export function validateNodeUpdate(node: Node, old: Node, at: At): void {
  const seen = new Set<string>()
  node.status.addresses?.forEach((address, i) => {
    const key = `${address.type} ${address.address}`
    if (seen.has(key)) at.child('status', 'addresses').index(i).duplicate(address)
    seen.add(key)
  })
  const cidrs = node.spec.podCIDRs ?? []
  const before = old.spec.podCIDRs ?? []
  if (before.length > 0 && (cidrs.length !== before.length || before.some((cidr, i) => cidr !== cidrs[i]))) {
    at.child('spec', 'podCIDRs').forbidden('node updates may not change podCIDR except from "" to valid')
  }
  if (old.spec.providerID && node.spec.providerID !== old.spec.providerID) {
    at.child('spec', 'providerID').forbidden('node updates may not change providerID except from "" to valid')
  }
  if ((node.spec.externalID ?? '') !== (old.spec.externalID ?? '')) {
    at.child('spec', 'externalID').forbidden('may not be updated')
  }
}
