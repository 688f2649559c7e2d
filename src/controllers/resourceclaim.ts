import { type Pod, pod } from '../api/core/pod.ts'
import { resourceClaim, resourceClaimTemplate } from '../api/resource/index.ts'
import {
  canBeReserved,
  claimKeysOfPod,
  claimOfPod,
  consumerOf,
  isClaimForPod,
  isReservedFor,
} from '../api/resource/pod-claims.ts'
import type { ResourceClaim } from '../api/resource/resourceclaim.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { type Controller, keyedController, type ReconcileContext, watching } from '../client/controller.ts'
import { keyOf } from '../client/informer.ts'
import { BY_OWNER, makeClaims } from './resourceclaim/make-claim.ts'
import { isDone, releaseClaim } from './resourceclaim/release-claim.ts'
import { controllerUid } from './shared/pods.ts'

/** Indexes of pods by the claims they use, and the templates of which they want some. */
const BY_CLAIM = 'resourceclaim/claim'
const BY_TEMPLATE = 'resourceclaim/template'

const podKey = (object: Pod) => `pod:${keyOf(object)}`
const claimKey = (key: string) => `claim:${key}`

const templatesOf = ({ metadata, spec }: Pod): string[] =>
  (spec.resourceClaims ?? []).flatMap(({ resourceClaimTemplateName: name }) =>
    name ? [`${metadata.namespace}/${name}`] : [],
  )

/**
 * Makes the ResourceClaims of pods' templates, and releases claims that are no longer used (upstream
 * pkg/controller/resourceclaim).
 */
export const resourceClaimController: Controller = keyedController({
  name: 'resourceclaim',
  account: 'resource-claim-controller',
  eventSource: 'resource_claim',
  watches: [
    watching(pod, (object: Pod | undefined, previous: Pod | undefined, { informer }: ReconcileContext) => {
      const known = (object ?? previous)!
      if (!known.spec.resourceClaims?.length) return []
      const replaced = previous && previous.metadata.uid !== object?.metadata.uid ? claimKeysOfPod(previous) : []
      const made = informer(resourceClaim).byIndex(BY_OWNER, known.metadata.uid!).map(keyOf)
      const released = !object || isDone(object) ? [...claimKeysOfPod(known), ...made] : []
      return [...(object ? [podKey(object)] : []), ...[...replaced, ...released].map(claimKey)]
    }),
    watching(
      resourceClaim,
      (object: ResourceClaim | undefined, previous: ResourceClaim | undefined, { informer }: ReconcileContext) => {
        const key = keyOf((object ?? previous)!)
        const pods = informer(pod).byIndex(BY_CLAIM, key).map(podKey)
        return object ? [claimKey(key), ...pods] : pods
      },
    ),
    watching(resourceClaimTemplate, (object, _previous, { informer }: ReconcileContext) =>
      object ? informer(pod).byIndex(BY_TEMPLATE, keyOf(object)).map(podKey) : [],
    ),
  ],
  writes: [
    { kind: pod as unknown as Kind, subresource: 'status', verbs: ['patch'] },
    { kind: resourceClaim as unknown as Kind, verbs: ['create', 'delete', 'update'] },
    { kind: resourceClaim as unknown as Kind, subresource: 'status', verbs: ['update'] },
  ],
  setup({ informer }) {
    informer(pod).addIndex(BY_CLAIM, claimKeysOfPod)
    informer(pod).addIndex(BY_TEMPLATE, templatesOf)
    informer(resourceClaim).addIndex(BY_OWNER, claim => {
      const uid = controllerUid(claim)
      return uid ? [uid] : []
    })
  },

  async sync(key, context) {
    const [kind, name] = key.split(':') as [string, string]
    if (kind === 'claim') {
      const claim = context.informer(resourceClaim).get(name)
      if (claim) await releaseClaim(claim, context)
      return
    }
    const object = context.informer(pod).get(name)
    if (!object || object.metadata.deletionTimestamp || isDone(object)) return
    await makeClaims(object, context)
    // Others than the scheduler, who reserves them, may have placed the pod.
    if (object.spec.nodeName) await reserveClaims(context.informer(pod).get(name) ?? object, context)
  },
})

async function reserveClaims(owner: Pod, { client, informer }: ReconcileContext): Promise<void> {
  for (const entry of owner.spec.resourceClaims ?? []) {
    const reference = claimOfPod(owner, entry)
    const claim = reference?.name && informer(resourceClaim).get(`${owner.metadata.namespace}/${reference.name}`)
    if (!claim || (reference.made && !isClaimForPod(claim, owner))) continue
    if (!claim.status.allocation || isReservedFor(claim, owner) || !canBeReserved(claim)) continue
    const reservedFor = [...(claim.status.reservedFor ?? []), consumerOf(owner)]
    await client.updateStatus(resourceClaim, { ...claim, status: { ...claim.status, reservedFor } })
  }
}
