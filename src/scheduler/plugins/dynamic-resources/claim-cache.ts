import type { AllocationResult } from '../../../api/resource/allocation.ts'
import type { ResourceClaim } from '../../../api/resource/resourceclaim.ts'
import { type Informer, keyOf } from '../../../client/informer.ts'
import { type Amounts, sumOf } from './capacity.ts'
import { deviceId } from './device-id.ts'

/** What claims have of a device. */
interface Use {
  /** Claims that have it for themselves. */
  readonly owners: Set<string>
  /** What others have of it that share it, by claim. */
  readonly shares: Map<string, Amounts[]>
}

const isNewer = (a: ResourceClaim, b: ResourceClaim) =>
  Number(a.metadata.resourceVersion) > Number(b.metadata.resourceVersion)

const caches = new WeakMap<Informer<ResourceClaim>, ClaimCache>()

/**
 * Claims as the server has them, with what we have written and not yet seen, and what we are about to write; and the devices
 * that are taken by all of that (upstream plugins/dynamicresources: DefaultDRAManager).
 */
export class ClaimCache {
  readonly #informer: Informer<ResourceClaim>
  /** What our writes brought, until the informer has seen it. */
  readonly #written = new Map<string, ResourceClaim>()
  /** Allocations decided on and not yet written, by the claim's UID. */
  readonly #inFlight = new Map<string, AllocationResult>()
  readonly #counted = new Map<string, AllocationResult>()
  readonly #uses = new Map<string, Use>()

  /** The cache on top of an informer, the same for all schedulers that use it: they choose among the same devices. */
  static of(informer: Informer<ResourceClaim>): ClaimCache {
    const cache = caches.get(informer) ?? new ClaimCache(informer)
    caches.set(informer, cache)
    return cache
  }

  private constructor(informer: Informer<ResourceClaim>) {
    this.#informer = informer
    informer.onChange((claim, previous) => {
      const key = keyOf((claim ?? previous)!)
      const written = this.#written.get(key)
      if (written && (!claim || !isNewer(written, claim))) this.#written.delete(key)
      if (previous && previous.metadata.uid !== claim?.metadata.uid) this.#count(previous.metadata.uid!, undefined)
      if (claim) this.#recount(this.get(key)!)
    })
  }

  /** The newest state of a claim that is known. */
  get(key: string): ResourceClaim | undefined {
    return this.#written.get(key) ?? this.#informer.get(key)
  }

  /** A write has brought this. */
  wrote(claim: ResourceClaim): void {
    const key = keyOf(claim)
    const seen = this.#informer.get(key)
    // Gone meanwhile, or we have seen it already.
    if (!seen || !isNewer(claim, seen)) return
    this.#written.set(key, claim)
    this.#recount(claim)
  }

  isInFlight({ metadata }: ResourceClaim): boolean {
    return this.#inFlight.has(metadata.uid!)
  }

  /** What a claim is to get, from now on; `undefined` when it is written, or given up. */
  setInFlight(claim: ResourceClaim, allocation: AllocationResult | undefined): void {
    const uid = claim.metadata.uid!
    if (allocation) this.#inFlight.set(uid, allocation)
    else if (!this.#inFlight.delete(uid)) return
    const known = this.get(keyOf(claim))
    this.#recount(known?.metadata.uid === uid ? known : claim)
  }

  /** Whether a claim has a device for itself. */
  isOwned(device: string): boolean {
    return (this.#uses.get(device)?.owners.size ?? 0) > 0
  }

  /** What is taken of a device that several can have. */
  consumed(device: string): Amounts {
    return sumOf([...(this.#uses.get(device)?.shares.values() ?? [])].flat())
  }

  /** Whether a claim has a device, or some of it. */
  isUsed(device: string): boolean {
    return this.#uses.has(device)
  }

  #recount({ metadata, status }: ResourceClaim): void {
    this.#count(metadata.uid!, this.#inFlight.get(metadata.uid!) ?? status.allocation)
  }

  #count(uid: string, allocation: AllocationResult | undefined): void {
    const before = this.#counted.get(uid)
    if (before === allocation) return
    for (const result of before?.devices.results ?? []) {
      const id = deviceId(result)
      const use = this.#uses.get(id)
      use?.owners.delete(uid)
      use?.shares.delete(uid)
      if (use && use.owners.size + use.shares.size === 0) this.#uses.delete(id)
    }
    if (allocation) this.#counted.set(uid, allocation)
    else this.#counted.delete(uid)
    for (const result of allocation?.devices.results ?? []) {
      if (result.adminAccess) continue
      const id = deviceId(result)
      const use = this.#uses.get(id) ?? { owners: new Set(), shares: new Map() }
      this.#uses.set(id, use)
      if (result.shareID === undefined) use.owners.add(uid)
      else use.shares.set(uid, [...(use.shares.get(uid) ?? []), result.consumedCapacity ?? {}])
    }
  }
}
