import type { Pod } from '../../api/core/pod.ts'
import type { AllocationResult, ResourceClaimStatus } from '../../api/resource/allocation.ts'
import { deviceClass, resourceClaim, resourceSlice } from '../../api/resource/index.ts'
import { claimKeysOfPod, isReservedFor } from '../../api/resource/pod-claims.ts'
import type { ResourceClaim } from '../../api/resource/resourceclaim.ts'
import { deepEqual } from '../../apimachinery/json.ts'
import { keyOf } from '../../client/informer.ts'
import { type EventSubject, type Plugin, plugin, skip, unresolvable } from '../framework.ts'
import type { PostFilterResult } from '../post-filter.ts'
import { AllocationError, type AllocationSources, allocate } from './dynamic-resources/allocator.ts'
import { ClaimCache } from './dynamic-resources/claim-cache.ts'
import { type ClaimsState, claimsOfPod, stateOf } from './dynamic-resources/claims-of-pod.ts'
import { explainDevices } from './dynamic-resources/explain.ts'
import { Pools } from './dynamic-resources/pools.ts'
import { allocationOf } from './dynamic-resources/result.ts'
import { SelectorError, Selectors } from './dynamic-resources/selectors.ts'
import { bindClaim, deallocate, unreserveClaim } from './dynamic-resources/write-claim.ts'
import type { Handle } from './handle.ts'

const NAME = 'DynamicResources'

const notAll = unresolvable('cannot allocate all claims')
const elsewhere = unresolvable('resourceclaim not available on the node')

/** What is decided for a pod and not yet written: its claims, and what those get that have nothing. */
type Decision = readonly { readonly claim: ResourceClaim; readonly allocation: AllocationResult | undefined }[]

const hasClaims = ({ spec }: Pod): boolean => (spec.resourceClaims?.length ?? 0) > 0

/**
 * Keeps pods where the devices of their claims are, and chooses devices for claims that have none (upstream
 * plugins/dynamicresources, KEP-4381).
 */
export function dynamicResources({ informers, clock }: Handle): Plugin {
  const classes = informers.of(deviceClass)
  const claims = ClaimCache.of(informers.of(resourceClaim))
  const sources: AllocationSources = {
    claims,
    pools: new Pools(informers.of(resourceSlice)),
    selectors: new Selectors(),
  }
  const classOf = (name: string) => classes.get(name)
  const decisions = new Map<string, Decision>()

  /** What stands behind the pod's claims now; a text when they have to wait. */
  function look(pod: Pod): ClaimsState | string {
    const all = claimsOfPod(pod, claims)
    return typeof all === 'string' ? all : stateOf(pod, all, claims, classOf)
  }

  return plugin<ClaimsState>({
    name: NAME,
    requeueOn: [
      'node/add',
      'node/labels',
      { on: 'resourceclaim/add', when: uses },
      { on: 'resourceclaim/update', when: (pod, subject) => wasDeallocated(subject) || hasNews(pod, subject) },
      'resourceslice/add',
      'resourceslice/update',
      'resourceslice/delete',
      'deviceclass/add',
      'deviceclass/update',
      // A binding that was given up leaves the devices to others.
      { on: 'pod/delete', when: (_pod, { pod }) => pod !== undefined && hasClaims(pod) },
    ],
    sign: ({ pod }) => (hasClaims(pod) ? undefined : null),
    preEnqueue(pod) {
      if (!hasClaims(pod)) return undefined
      const all = claimsOfPod(pod, claims)
      return typeof all === 'string' ? unresolvable(all) : undefined
    },
    preFilter({ pod }) {
      if (!hasClaims(pod)) return skip
      const state = look(pod)
      if (typeof state === 'string') return unresolvable(state)
      return state.wanted.length + state.allocated.length === 0 ? skip : state
    },
    filter({ wanted, allocated }, { node }) {
      if (!allocated.every(({ matches }) => matches(node))) return elsewhere
      try {
        return wanted.length === 0 || allocate(wanted, node, sources) ? undefined : notAll
      } catch (error) {
        if (error instanceof AllocationError || error instanceof SelectorError) return unresolvable(error.message)
        throw error
      }
    },
    explain: (state, { node }) => explainDevices(state, node, sources),
    postFilter({ pod }, _filter, { preFilter, verdicts }, { client }): PostFilterResult {
      // Upstream's plugin has not looked at a pod that was rejected before its turn, and says so.
      if (preFilter && preFilter.plugin !== NAME) return { message: 'not found', final: true }
      const state = hasClaims(pod) ? look(pod) : undefined
      if (!state || typeof state === 'string') return { message: 'no new claims to deallocate' }
      const here = verdicts.filter(({ plugin }) => plugin === NAME).map(({ node }) => node.node)
      const idle = state.allocated.find(
        ({ claim, matches }) =>
          here.some(node => !matches(node)) &&
          (claim.status.reservedFor ?? []).every(({ uid }) => uid === pod.metadata.uid),
      )
      if (!idle) return { message: 'still not schedulable' }
      // Where that fails, the next attempt begins it again.
      deallocate(idle.claim, client).then(
        claim => claims.wrote(claim),
        () => {},
      )
      return { message: 'deallocation of ResourceClaim completed' }
    },
    reserve({ pod, uid }, nodeName, { cache, random }) {
      if (!hasClaims(pod)) return undefined
      const state = look(pod)
      const node = cache.node(nodeName)?.node
      const choices = typeof state === 'object' && node && allocate(state.wanted, node, sources)
      if (typeof state === 'string' || !choices) return notAll
      const decision = [
        ...state.allocated.map(({ claim }) => ({ claim, allocation: undefined })),
        ...state.wanted.map((one, i) => ({
          claim: one.claim,
          allocation: allocationOf(one, choices[i]!, nodeName, random),
        })),
      ]
      for (const { claim, allocation } of decision) if (allocation) claims.setInFlight(claim, allocation)
      decisions.set(uid, decision)
      return undefined
    },
    unreserve({ pod, uid }, _nodeName, { client }) {
      for (const { claim, allocation } of decisions.get(uid) ?? []) {
        if (allocation) claims.setInFlight(claim, undefined)
        const current = claims.get(keyOf(claim))
        if (!current || !isReservedFor(current, pod)) continue
        // Where that fails, the resource claim controller sees to it once the pod has gone.
        unreserveClaim(current, pod, client).then(
          claim => claims.wrote(claim),
          () => {},
        )
      }
      decisions.delete(uid)
    },
    async preBind({ pod, uid }, _nodeName, { client }) {
      for (const { claim, allocation } of decisions.get(uid) ?? []) {
        const current = claims.get(keyOf(claim)) ?? claim
        if (isReservedFor(current, pod)) continue
        claims.wrote(await bindClaim(current, allocation, pod, client, clock))
        if (allocation) claims.setInFlight(claim, undefined)
      }
    },
    postBind({ uid }) {
      decisions.delete(uid)
    },
  })
}

const uses = (pod: Pod, { object }: EventSubject): boolean => !object || claimKeysOfPod(pod).includes(keyOf(object))

const statusOf = (object: unknown): ResourceClaimStatus | undefined => (object as ResourceClaim | undefined)?.status

/** Devices have become free. */
const wasDeallocated = ({ object, previous }: EventSubject): boolean =>
  statusOf(previous)?.allocation !== undefined && statusOf(object)?.allocation === undefined

const hasNews = (pod: Pod, subject: EventSubject): boolean =>
  uses(pod, subject) && !deepEqual(statusOf(subject.object), statusOf(subject.previous))
