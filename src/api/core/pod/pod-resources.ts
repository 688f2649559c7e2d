import { own } from '../../../apimachinery/own.ts'
import { addQuantities, compareQuantities } from '../../../apimachinery/quantity.ts'
import type { At } from '../../../apimachinery/validation/at.ts'
import { isSidecar } from './container-rules.ts'
import { isHugePages } from './resource-names.ts'
import { validatePodLevelResources } from './resource-rules.ts'
import type { PodSpec } from './spec.ts'

/** What a pod needs as a whole, from what its containers need (component-helpers resource). */

type ResourceList = Readonly<Record<string, string>>

function sum(a: ResourceList, b: ResourceList): ResourceList {
  const out = { ...a }
  for (const name in b) {
    const before = own(a, name)
    out[name] = before === undefined ? b[name]! : addQuantities(before, b[name]!)
  }
  return out
}

function largest(a: ResourceList, b: ResourceList): ResourceList {
  const out = { ...a }
  for (const name in b) {
    const before = own(a, name)
    if (before === undefined || compareQuantities(b[name]!, before) > 0) out[name] = b[name]!
  }
  return out
}

/**
 * The requests or limits of all containers together: the main ones and sidecars add up; an init container needs its own beside
 * the sidecars started before it, and the larger of the two counts.
 */
export function aggregateContainers(
  spec: Pick<PodSpec, 'containers' | 'initContainers'>,
  what: 'requests' | 'limits',
): ResourceList {
  let running = spec.containers.reduce<ResourceList>((total, { resources }) => sum(total, resources[what] ?? {}), {})
  let sidecars: ResourceList = {}
  let starting: ResourceList = {}
  for (const container of spec.initContainers ?? []) {
    const own = container.resources[what] ?? {}
    if (isSidecar(container)) {
      running = sum(running, own)
      sidecars = sum(sidecars, own)
      starting = largest(starting, sidecars)
    } else {
      starting = largest(starting, sum(sidecars, own))
    }
  }
  return largest(running, starting)
}

/** Checks the resources of the pod as a whole against those of its containers. */
export function validatePodResources(spec: PodSpec, at: At): void {
  const { resources } = spec
  if (!resources) return
  const place = at.child('resources')
  if (spec.os?.name === 'windows') {
    place.forbidden('may not be set for a windows pod')
    return
  }
  if (resources.claims) place.child('claims').forbidden('claims may not be set for Resources at pod-level')
  validatePodLevelResources(resources, place)

  const { requests = {}, limits = {} } = resources
  for (const [name, needed] of Object.entries(aggregateContainers(spec, 'requests'))) {
    const own = requests[name]
    if (own === undefined || compareQuantities(needed, own) <= 0) continue
    place
      .child('requests')
      .key(name)
      .invalid(own, `must be greater than or equal to aggregate container requests of ${needed}`)
  }
  for (const [name, needed] of Object.entries(aggregateContainers(spec, 'limits'))) {
    const own = limits[name]
    if (!isHugePages(name) || own === undefined || compareQuantities(needed, own) <= 0) continue
    place
      .child('limits')
      .key(name)
      .invalid(own, `must be greater than or equal to aggregate container limits of ${needed}`)
  }
  spec.containers.forEach((container, i) => {
    for (const [name, limit] of Object.entries(container.resources.limits ?? {})) {
      const own = limits[name]
      if (own === undefined || compareQuantities(limit, own) <= 0) continue
      place
        .child('containers')
        .index(i)
        .key(name)
        .child('limits')
        .invalid(limit, `must be less than or equal to pod limits of ${own}`)
    }
  })
}
