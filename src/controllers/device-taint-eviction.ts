import { type Pod, pod } from '../api/core/pod.ts'
import type { DeviceTaint } from '../api/resource/device.ts'
import { type DeviceTaintRule, deviceTaintRule } from '../api/resource/devicetaintrule.ts'
import { resourceClaim, resourceSlice } from '../api/resource/index.ts'
import { claimKeysOfPod, isReservedFor } from '../api/resource/pod-claims.ts'
import type { ResourceClaim } from '../api/resource/resourceclaim.ts'
import type { ResourceSlice } from '../api/resource/resourceslice.ts'
import { rfc3339 } from '../apimachinery/clock.ts'
import { isReason } from '../apimachinery/errors.ts'
import { deepEqual } from '../apimachinery/json.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import {
  type Again,
  again,
  type Controller,
  controller,
  type ReconcileContext,
  watching,
} from '../client/controller.ts'
import { keyOf } from '../client/informer.ts'
import { evictionTime, type Result, selects, taintsOf } from './device-taint-eviction/eviction-time.ts'
import { isFinished } from './shared/pods.ts'

/** Index of claims by the pools that their devices are from, and of slices by their pool. */
const BY_POOL = 'device-taint-eviction/pool'

const poolOf = ({ driver, pool }: { readonly driver: string; readonly pool: string }) => `${driver}/${pool}`
const sliceKey = ({ spec }: ResourceSlice) => poolOf({ driver: spec.driver, pool: spec.pool.name })
const resultsOf = ({ status }: ResourceClaim): readonly Result[] => status.allocation?.devices.results ?? []
const usersOf = ({ metadata, status }: ResourceClaim): string[] =>
  (status.reservedFor ?? []).map(({ name }) => `${metadata.namespace}/${name}`)
const taintsIn = (slice: ResourceSlice | undefined) =>
  slice && [slice.spec.pool.generation, slice.spec.devices?.map(({ name, taints }) => [name, taints])]

export interface DeviceTaintEvictionOptions {
  /** Whether DeviceTaintRules are served, which give devices taints besides those of their drivers. */
  readonly rules?: boolean
}

/**
 * Deletes pods whose devices have a NoExecute taint, at once or when the tolerationSeconds of their requests are over (upstream
 * pkg/controller/devicetainteviction, KEP-5055).
 */
export function deviceTaintEvictionController({ rules = false }: DeviceTaintEvictionOptions = {}): Controller {
  const rulesOf = ({ informer }: ReconcileContext): readonly DeviceTaintRule[] =>
    rules ? informer(deviceTaintRule).list() : []
  const forRules = watching(deviceTaintRule, (object, previous, { informer }: ReconcileContext) =>
    deepEqual(object?.spec, previous?.spec)
      ? []
      : informer(resourceClaim)
          .list()
          .filter(claim =>
            resultsOf(claim).some(result => [object, previous].some(rule => rule && selects(rule, result))),
          )
          .flatMap(usersOf),
  )

  const firstSeen = new WeakMap<DeviceTaint, number>()
  const since = (now: number) => (taint: DeviceTaint) => {
    const at = firstSeen.get(taint) ?? now
    firstSeen.set(taint, at)
    return at
  }

  return controller({
    name: 'device-taint-eviction',
    for: pod,
    watches: [
      watching(resourceClaim, (object: ResourceClaim | undefined) => (object ? usersOf(object) : [])),
      watching(resourceSlice, (object, previous, { informer }: ReconcileContext) => {
        if (deepEqual(taintsIn(object), taintsIn(previous))) return []
        return informer(resourceClaim)
          .byIndex(BY_POOL, sliceKey((object ?? previous)!))
          .flatMap(usersOf)
      }),
      ...(rules ? [forRules] : []),
    ],
    writes: [
      { kind: pod as unknown as Kind, verbs: ['delete'] },
      { kind: pod as unknown as Kind, subresource: 'status', verbs: ['patch'] },
    ],
    setup({ informer }) {
      informer(resourceClaim).addIndex(BY_POOL, claim => new Set(resultsOf(claim).map(poolOf)))
      informer(resourceSlice).addIndex(BY_POOL, slice => [sliceKey(slice)])
    },

    async reconcile(object: Pod, context): Promise<Again | undefined> {
      const { metadata, spec } = object
      if (!spec.resourceClaims?.length || !spec.nodeName || metadata.deletionTimestamp || isFinished(object))
        return undefined
      const now = context.clock.now()
      const at = timeFor(object, rulesOf(context), since(now), context)
      if (at === undefined) return undefined
      if (at > now) return again(at - now)
      await evict(object, context)
      return undefined
    },
  })
}

/** When a pod has to go, for the first of its devices (ms since the epoch); undefined when it may stay. */
function timeFor(
  object: Pod,
  rules: readonly DeviceTaintRule[],
  since: (taint: DeviceTaint) => number,
  { informer }: ReconcileContext,
): number | undefined {
  const claims = claimKeysOfPod(object).map(key => informer(resourceClaim).get(key))
  const used = claims.filter(claim => claim !== undefined).filter(claim => isReservedFor(claim, object))
  const times = used.flatMap(resultsOf).flatMap(result => {
    const slices = informer(resourceSlice).byIndex(BY_POOL, poolOf(result))
    const taints: readonly DeviceTaint[] = taintsOf(result, slices, rules)
    return evictionTime(taints, result.tolerations ?? [], since) ?? []
  })
  return times.length === 0 ? undefined : Math.min(...times)
}

async function evict(object: Pod, { client, clock, events }: ReconcileContext): Promise<void> {
  const { metadata } = object
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByDeviceTaintManager',
    message: 'Device Taint manager: deleting due to NoExecute taint',
    lastTransitionTime: rfc3339(clock.now()),
  }
  try {
    const patch = { metadata: { uid: metadata.uid }, status: { conditions: [condition] } }
    await client.patch(pod, metadata, 'strategic', patch, { subresource: 'status' })
    await client.delete(pod, { metadata })
  } catch (error) {
    if (isReason(error, 'NotFound')) return
    throw error
  }
  events.normal(object, 'DeviceTaintManagerEviction', `Marking for deletion Pod ${keyOf(object)}`)
}
