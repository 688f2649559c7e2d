import { own } from '../../../apimachinery/own.ts'
import { addQuantities, compareQuantities } from '../../../apimachinery/quantity.ts'
import { isSidecar } from './container-rules.ts'
import type { PodSpec } from './spec.ts'

export type ResourceList = Readonly<Record<string, string>>

function add(total: Record<string, string>, list: ResourceList): void {
  for (const [name, value] of Object.entries(list)) {
    const before = own(total, name)
    total[name] = before === undefined ? value : addQuantities(before, value)
  }
}

function raise(total: Record<string, string>, list: ResourceList): void {
  for (const [name, value] of Object.entries(list)) {
    const before = own(total, name)
    if (before === undefined || compareQuantities(value, before) > 0) total[name] = value
  }
}

/**
 * What a pod asks for altogether: the sum of its containers and sidecars, or its most demanding moment of initialization if
 * that is more; what is stated for the pod as a whole goes before that (component-helpers resource.PodRequests, PodLimits).
 */
function totals(spec: PodSpec, side: 'requests' | 'limits'): Record<string, string> {
  const total: Record<string, string> = {}
  for (const { resources } of spec.containers) add(total, resources[side] ?? {})
  const sidecars: Record<string, string> = {}
  const starting: Record<string, string> = {}
  for (const container of spec.initContainers ?? []) {
    const amounts = container.resources[side] ?? {}
    const needed = { ...amounts }
    add(needed, sidecars)
    raise(starting, needed)
    if (!isSidecar(container)) continue
    add(sidecars, amounts)
    add(total, amounts)
  }
  raise(total, starting)
  return Object.assign(total, spec.resources?.[side])
}

/** What is kept for a pod, its runtime's overhead included, by resource. */
export function podRequestTotals(spec: PodSpec): Record<string, string> {
  const total = totals(spec, 'requests')
  add(total, spec.overhead ?? {})
  return total
}

/** The most a pod may use, by resource; the overhead counts where there is a limit. */
export function podLimitTotals(spec: PodSpec): Record<string, string> {
  const total = totals(spec, 'limits')
  for (const [name, value] of Object.entries(spec.overhead ?? {})) {
    if (total[name] !== undefined) total[name] = addQuantities(total[name], value)
  }
  return total
}
