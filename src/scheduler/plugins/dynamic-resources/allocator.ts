import type { Node } from '../../../api/core/node.ts'
import { toleratesDevice } from '../../../api/resource/pod-claims.ts'
import { type Amounts, consumption, hasLeft, sumOf } from './capacity.ts'
import type { ClaimCache } from './claim-cache.ts'
import { Constraint } from './constraints.ts'
import { Counters } from './counters.ts'
import { deviceId } from './device-id.ts'
import type { Pool, PoolDevice, Pools } from './pools.ts'
import type { Request, WantedClaim } from './request.ts'
import type { Selectors } from './selectors.ts'

/** Most devices of one claim (resource API AllocationResultsMaxSize). */
const MAX_RESULTS = 32
/** After so many devices tried on a node it is given up, so that nobody else waits for an answer that may take for ever. */
const MAX_STEPS = 100_000

/** A device for a request. */
export interface Choice {
  readonly request: Request
  readonly device: PoolDevice
  /** What is taken of a device that several can have; undefined: all of it. */
  readonly share: Amounts | undefined
}

/** Why devices for a claim cannot be looked for on a node. */
export class AllocationError extends Error {}

/** What allocators look at. */
export interface AllocationSources {
  readonly pools: Pools
  readonly claims: ClaimCache
  readonly selectors: Selectors
}

/** How a search went on: met, not met, or not met because that would be too many devices for a claim. */
type Outcome = 'met' | 'unmet' | 'too many'

/**
 * Chooses devices for claims on one node: tries them in order until everything is met (upstream
 * dynamic-resource-allocation/structured). Answers with the choices for each claim, undefined when there are none. Throws
 * AllocationError and SelectorError where something is wrong with a claim, a class or a pool.
 */
export function allocate(
  wanted: readonly WantedClaim[],
  node: Node,
  sources: AllocationSources,
): Choice[][] | undefined {
  return new Search(wanted, node, sources).run()
}

class Search {
  readonly #wanted: readonly WantedClaim[]
  readonly #sources: AllocationSources
  readonly #pools: readonly Pool[]
  readonly #constraints: readonly (readonly Constraint[])[]
  readonly #choices: Choice[][]
  readonly #candidates = new Map<Request, readonly PoolDevice[]>()
  readonly #counters: Counters
  #steps = 0

  constructor(wanted: readonly WantedClaim[], node: Node, sources: AllocationSources) {
    this.#wanted = wanted
    this.#sources = sources
    this.#pools = sources.pools.of(node)
    this.#constraints = wanted.map(({ claim }) => (claim.spec.devices.constraints ?? []).map(c => new Constraint(c)))
    this.#choices = wanted.map(() => [])
    this.#counters = new Counters(
      pool => sources.pools.slicesOf(pool),
      device => sources.claims.isUsed(device),
    )
  }

  run(): Choice[][] | undefined {
    for (const [i, { requests, claim }] of this.#wanted.entries()) {
      for (const request of requests.flat()) this.#lookForAll(request, i)
      const least = requests.map(ways => Math.min(...ways.map(way => this.#countOf(way, i))))
      const total = least.reduce((sum, count) => sum + count, 0)
      if (total <= MAX_RESULTS) continue
      const { namespace, name } = claim.metadata
      const what = `number of requested devices ${total} exceeds the claim limit of ${MAX_RESULTS}`
      throw new AllocationError(`claim ${namespace}/${name}: ${what}`)
    }
    if (this.#claim(0) === 'met') return this.#choices
    if (this.#pools.some(({ invalid }) => invalid)) throw new AllocationError('invalid resource pools were encountered')
    return undefined
  }

  /** To have all there are, one must know that they are all there. */
  #lookForAll({ count, name }: Request, i: number): void {
    if (count !== undefined) return
    const { namespace, name: claim } = this.#wanted[i]!.claim.metadata
    for (const { id, incomplete, invalid } of this.#pools) {
      const state = incomplete ? 'being updated' : invalid && 'invalid'
      if (!state) continue
      const what = `asks for all devices, but resource pool ${id} is currently ${state}`
      throw new AllocationError(`claim ${namespace}/${claim}, request ${name}: ${what}`)
    }
  }

  #claim(i: number): Outcome {
    if (i === this.#wanted.length) return 'met'
    return this.#request(i, 0)
  }

  /** Meets a claim's requests from the `r`th on, and all claims after it. */
  #request(i: number, r: number): Outcome {
    const ways = this.#wanted[i]!.requests[r]
    // That a later claim gets too big may be otherwise when this one is met in another way.
    if (!ways) return this.#claim(i + 1) === 'met' ? 'met' : 'unmet'
    let tooMany = true
    for (const way of ways) {
      const outcome = this.#way(i, r, way)
      if (outcome === 'met') return 'met'
      if (outcome === 'unmet') tooMany = false
    }
    return tooMany ? 'too many' : 'unmet'
  }

  #way(i: number, r: number, request: Request): Outcome {
    const count = this.#countOf(request, i)
    if (this.#choices[i]!.length + count > MAX_RESULTS) return 'too many'
    if (request.count === undefined && count === 0) return 'unmet'
    return this.#devices(i, r, request, count, 0)
  }

  /** Finds `left` more devices among a request's candidates from `from` on: in which order does not matter. */
  #devices(i: number, r: number, request: Request, left: number, from: number): Outcome {
    if (left === 0) return this.#request(i, r + 1)
    const candidates = this.#candidatesOf(request, i)
    const all = request.count === undefined
    const shareable = candidates.some(({ device }) => device.allowMultipleAllocations)
    for (let c = from; c < candidates.length; c++) {
      const device = candidates[c]!
      const shared = device.device.allowMultipleAllocations === true
      if (!shareable && candidates.length - c < left) break
      if (++this.#steps > MAX_STEPS) throw new AllocationError('timed out trying to allocate devices')
      const takeBack = this.#take(i, request, device)
      if (takeBack) {
        const outcome = this.#devices(i, r, request, left - 1, shared && !all ? c : c + 1)
        if (outcome === 'met') return 'met'
        takeBack()
        if (outcome === 'too many') return outcome
      }
      if (all) return 'unmet'
    }
    return 'unmet'
  }

  /** Takes a device for a request if it may have it; answers how to take that back. */
  #take(i: number, request: Request, chosen: PoolDevice): (() => void) | undefined {
    const { device, pool, slice } = chosen
    const id = deviceId({ driver: slice.spec.driver, pool: slice.spec.pool.name, device: device.name })
    const taken = consumption(device, request.capacity)
    if (!taken || !this.#isFree(i, request, id, chosen, taken)) return undefined
    const prevents = device.taints?.some(
      taint =>
        (taint.effect === 'NoSchedule' || taint.effect === 'NoExecute') &&
        !request.tolerations.some(toleration => toleratesDevice(toleration, taint)),
    )
    if (prevents) return undefined
    // What several share counts once, by whoever came first.
    const counts =
      device.consumesCounters !== undefined &&
      !request.adminAccess &&
      !this.#sources.claims.isUsed(id) &&
      !this.#has(id)
    if (counts && !this.#counters.take(device, pool)) return undefined
    const constraints = this.#constraints[i]!.filter(constraint => constraint.concerns(request.name))
    const added = constraints.findIndex(constraint => !constraint.add(chosen))
    if (added >= 0) {
      for (const constraint of constraints.slice(0, added)) constraint.remove()
      if (counts) this.#counters.giveBack(device, pool)
      return undefined
    }
    const share = device.allowMultipleAllocations ? taken : undefined
    this.#choices[i]!.push({ request, device: chosen, share })
    return () => {
      this.#choices[i]!.pop()
      for (const constraint of constraints) constraint.remove()
      if (counts) this.#counters.giveBack(device, pool)
    }
  }

  #isFree(i: number, { adminAccess }: Request, id: string, { device }: PoolDevice, taken: Amounts): boolean {
    const { claims } = this.#sources
    if (adminAccess) return !this.#choices[i]!.some(choice => choice.device.device === device)
    const chosen = this.#choices.flat().filter(choice => choice.device.device === device && !choice.request.adminAccess)
    if (!device.allowMultipleAllocations) return chosen.length === 0 && !claims.isUsed(id)
    if (claims.isOwned(id)) return false
    const used = sumOf([claims.consumed(id), ...chosen.map(({ share = {} }) => share)])
    return hasLeft(device, used, taken)
  }

  #has(id: string): boolean {
    return this.#choices.flat().some(({ device: { device, slice }, request }) => {
      const { driver, pool } = slice.spec
      return !request.adminAccess && deviceId({ driver, pool: pool.name, device: device.name }) === id
    })
  }

  #countOf(request: Request, i: number): number {
    return request.count ?? this.#candidatesOf(request, i).length
  }

  /** The devices that a request would take, whether or not they are free. */
  #candidatesOf(request: Request, i: number): readonly PoolDevice[] {
    const known = this.#candidates.get(request)
    if (known) return known
    const all = this.#pools.flatMap(({ devices }) => devices)
    const candidates = all.filter(device => isSelected(device, request, this.#wanted[i]!, this.#sources.selectors))
    this.#candidates.set(request, candidates)
    return candidates
  }
}

/** Whether a device is what a request asks for, free or not. Throws SelectorError. */
export function isSelected(
  { device, slice }: PoolDevice,
  { deviceClass, selectors }: Request,
  { claim }: WantedClaim,
  asked: Selectors,
): boolean {
  const { driver } = slice.spec
  const { namespace, name } = claim.metadata
  return (
    asked.match(deviceClass.spec.selectors, device, driver, `class ${deviceClass.metadata.name}`) &&
    asked.match(selectors, device, driver, `claim ${namespace}/${name}`)
  )
}
