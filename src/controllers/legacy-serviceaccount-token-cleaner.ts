import { configMap } from '../api/core/configmap.ts'
import { podReferences } from '../api/core/pod/references.ts'
import { pod } from '../api/core/pod.ts'
import { type Secret, secret } from '../api/core/secret.ts'
import { serviceAccount } from '../api/core/serviceaccount.ts'
import { isReason } from '../apimachinery/errors.ts'
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
import { TRACKING } from './legacy-token-tracking.ts'
import { DAY_MS, dayOf, isDay } from './shared/days.ts'

const TYPE = 'kubernetes.io/service-account-token'
const NAME = 'kubernetes.io/service-account.name'
const LAST_USED = 'kubernetes.io/legacy-token-last-used'
const INVALID_SINCE = 'kubernetes.io/legacy-token-invalid-since'
/** How long a token is not used before it is marked as invalid, and how long after that its secret goes. */
const UNUSED_MS = 365 * DAY_MS

/**
 * Marks tokens that were made for service accounts unasked as invalid when nobody has used them for a year, and removes their
 * secrets after another (KEP-2799, upstream pkg/controller/serviceaccount LegacySATokenCleaner).
 */
export const legacyServiceAccountTokenCleaner: Controller = controller({
  name: 'legacy-service-account-token-cleaner',
  account: 'legacy-service-account-token-cleaner',
  for: secret,
  watches: [
    watching(configMap, (object, _previous, { informer }) => {
      if (object?.metadata.name !== TRACKING.name || object.metadata.namespace !== TRACKING.namespace) return []
      return informer(secret).list().filter(isToken).map(keyOf)
    }),
  ],
  reads: [serviceAccount as unknown as Kind, pod as unknown as Kind],
  writes: [{ kind: secret as unknown as Kind, verbs: ['patch', 'delete'] }],

  async reconcile(object: Secret, context): Promise<Again | undefined> {
    const { metadata } = object
    if (!isToken(object) || metadata.deletionTimestamp) return undefined
    const { client, clock } = context
    const now = clock.now()
    const trackedFrom = trackedSince(context)
    if (trackedFrom === undefined) return undefined
    const usedUntil = lastUse(object, trackedFrom)
    if (usedUntil === undefined) return undefined
    const left = usedUntil + UNUSED_MS - now
    if (left > 0) return again(left)
    // Whether it may go can change without anything that wakes us.
    if (!isGenerated(object, context) || isMounted(object, context)) return again(DAY_MS)

    const invalidSince = metadata.labels?.[INVALID_SINCE]
    if (!isDay(invalidSince)) {
      const labels = { [INVALID_SINCE]: dayOf(now) }
      await client.patch(secret, metadata, 'merge', { metadata: { uid: metadata.uid, labels } }).catch(unlessChanged)
      return undefined
    }
    const keep = Date.parse(invalidSince) + DAY_MS + UNUSED_MS - now
    if (keep > 0) return again(keep)
    const { uid, resourceVersion } = metadata
    await client.delete(secret, object, { preconditions: { uid, resourceVersion } }).catch(unlessChanged)
    return undefined
  },
})

const isToken = ({ type }: Secret): boolean => type === TYPE

/** The end of the day from which on uses are noted; undefined while none is. */
function trackedSince({ informer }: ReconcileContext): number | undefined {
  const since = informer(configMap).get(`${TRACKING.namespace}/${TRACKING.name}`)?.data?.since
  return isDay(since) ? Date.parse(since) + DAY_MS : undefined
}

/** The latest that a token can have been used, in milliseconds since the epoch; undefined where its label says nothing. */
function lastUse({ metadata }: Secret, trackedFrom: number): number | undefined {
  const lastUsed = metadata.labels?.[LAST_USED]
  if (lastUsed !== undefined && !isDay(lastUsed)) return undefined
  const used = lastUsed === undefined ? 0 : Date.parse(lastUsed) + DAY_MS
  return Math.max(trackedFrom, Date.parse(metadata.creationTimestamp!), used)
}

/** Whether the service account names the secret, as it does with those that nobody asked for. */
function isGenerated({ metadata: { namespace, name, annotations } }: Secret, { informer }: ReconcileContext): boolean {
  const account = informer(serviceAccount).get(`${namespace}/${annotations?.[NAME] ?? ''}`)
  return account?.secrets?.some(reference => reference.name === name) ?? false
}

const isMounted = ({ metadata: { namespace, name } }: Secret, { informer }: ReconcileContext): boolean =>
  informer(pod)
    .list(namespace)
    .some(({ metadata, spec }) => podReferences(metadata.name ?? '', spec).secrets.has(name!))

/** It was changed or removed meanwhile, and we hear of that. */
function unlessChanged(error: unknown): void {
  if (!isReason(error, 'NotFound', 'Conflict')) throw error
}
