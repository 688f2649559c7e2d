import type { Endpoint, EndpointSlice } from '../../api/discovery/endpointslice.ts'
import { sameStored } from '../shared/same.ts'
import { endpointKey, type Group } from './slice-endpoints.ts'

/** So many endpoints go into one slice. */
const MAX_ENDPOINTS = 100

/** What is to be done with the slices of one group. */
export interface SlicePlan {
  readonly update: readonly { readonly slice: EndpointSlice; readonly endpoints: readonly Endpoint[] }[]
  readonly create: readonly (readonly Endpoint[])[]
  readonly delete: readonly EndpointSlice[]
  readonly keep: readonly EndpointSlice[]
}

/**
 * Brings a group's endpoints into its slices with as few changes as can be: endpoints stay in their slice, new ones go
 * where a slice changes anyhow, then where there is room for all of them, then into new slices; empty slices go
 * (upstream endpointslice/reconciler.go).
 */
export function planSlices(group: Group, existing: readonly EndpointSlice[]): SlicePlan {
  const missing = new Map(group.endpoints.map(endpoint => [endpointKey(endpoint), endpoint]))
  const slices = existing.map(slice => {
    const kept: Endpoint[] = []
    let changed = false
    for (const old of slice.endpoints) {
      const wanted = missing.get(endpointKey(old))
      missing.delete(endpointKey(old))
      if (!wanted) changed = true
      else {
        kept.push(wanted)
        changed ||= !sameStored(wanted, old)
      }
    }
    return { slice, endpoints: kept, changed }
  })
  const fresh = [...missing.values()]
  for (const entry of slices) {
    if (!entry.changed || entry.endpoints.length === 0) continue
    entry.endpoints.push(...fresh.splice(0, MAX_ENDPOINTS - entry.endpoints.length))
  }
  const roomy = slices
    .filter(({ changed, endpoints }) => !changed && endpoints.length + fresh.length <= MAX_ENDPOINTS)
    .sort((a, b) => b.endpoints.length - a.endpoints.length)[0]
  if (roomy && fresh.length > 0) {
    roomy.endpoints.push(...fresh.splice(0))
    roomy.changed = true
  }
  for (const entry of slices) {
    if (entry.endpoints.length === 0) entry.endpoints.push(...fresh.splice(0, MAX_ENDPOINTS))
  }
  const create: Endpoint[][] = []
  while (fresh.length > 0) create.push(fresh.splice(0, MAX_ENDPOINTS))
  const used = slices.filter(({ endpoints }) => endpoints.length > 0)
  return {
    create,
    update: used.filter(({ changed, slice, endpoints }) => changed || endpoints.length !== slice.endpoints.length),
    delete: slices.filter(({ endpoints }) => endpoints.length === 0).map(({ slice }) => slice),
    keep: used.filter(({ changed }) => !changed).map(({ slice }) => slice),
  }
}
