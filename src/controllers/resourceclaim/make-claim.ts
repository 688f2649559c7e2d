import type { PodResourceClaim } from '../../api/core/pod/spec.ts'
import { type Pod, pod } from '../../api/core/pod.ts'
import { resourceClaim, resourceClaimTemplate } from '../../api/resource/index.ts'
import { claimOfPod, isClaimForPod } from '../../api/resource/pod-claims.ts'
import type { ResourceClaim } from '../../api/resource/resourceclaim.ts'
import type { ReconcileContext } from '../../client/controller.ts'
import { controllerReference } from '../shared/pods.ts'
import { messageOf } from '../shared/replicas.ts'

/** Index of claims by the UID of the pod they are made for. */
export const BY_OWNER = 'resourceclaim/owner'

/** Tells for which of a pod's entries a claim was made. */
const POD_CLAIM = 'resource.kubernetes.io/pod-claim-name'
const FIELD_MANAGER = 'ResourceClaimController'

/** Longest beginning of a generated name: the end is the server's. */
const MAX_BASE = 57

/** Makes the claims that a pod's templates ask for, and tells their names in its status. */
export async function makeClaims(owner: Pod, context: ReconcileContext): Promise<void> {
  const made = new Map<string, string>()
  for (const entry of owner.spec.resourceClaims ?? []) {
    try {
      const name = await ensureClaim(owner, entry, context)
      if (name) made.set(entry.name, name)
    } catch (error) {
      const message = `PodResourceClaim ${entry.name}: ${messageOf(error)}`
      context.events.warning(owner, 'FailedResourceClaimCreation', message)
      throw error
    }
  }
  if (made.size === 0) return
  const { name, namespace } = owner.metadata
  const known = (owner.status.resourceClaimStatuses ?? []).filter(status => !made.has(status.name))
  const fresh = [...made].map(([entry, resourceClaimName]) => ({ name: entry, resourceClaimName }))
  const body = {
    apiVersion: pod.apiVersion,
    kind: pod.kind,
    metadata: { name, namespace, uid: owner.metadata.uid },
    status: { resourceClaimStatuses: [...known, ...fresh] },
  }
  const options = { subresource: 'status', fieldManager: FIELD_MANAGER, force: true }
  await context.client.patch(pod, owner.metadata, 'apply', body, options)
}

/** The name of the claim for an entry; undefined when the pod knows it, or none is to be made. */
async function ensureClaim(
  owner: Pod,
  entry: PodResourceClaim,
  { client, informer }: ReconcileContext,
): Promise<string | undefined> {
  const { namespace, uid } = owner.metadata
  const reference = claimOfPod(owner, entry)
  if (reference) {
    // It may be gone, or have become somebody else's: then there will be another.
    const found = reference.name && informer(resourceClaim).get(`${namespace}/${reference.name}`)
    if (!reference.name || !reference.made || (found && isClaimForPod(found, owner))) return undefined
  }
  const templateName = entry.resourceClaimTemplateName
  if (!templateName) return undefined
  // Made before, without the pod's status having been told.
  const own = informer(resourceClaim).byIndex(BY_OWNER, uid!)
  const made = own.find(({ metadata }) => metadata.annotations?.[POD_CLAIM] === entry.name)
  if (made) return made.metadata.name
  const template = informer(resourceClaimTemplate).get(`${namespace}/${templateName}`)
  if (!template) {
    const missing = `resourceclaimtemplate.resource.k8s.io ${JSON.stringify(templateName)} not found`
    throw new Error(`resource claim template ${JSON.stringify(templateName)}: ${missing}`)
  }
  const { metadata, spec } = template.spec
  const claim: ResourceClaim = await client.create(resourceClaim, {
    metadata: {
      namespace,
      generateName: baseName(owner.metadata.name!, entry.name),
      labels: metadata.labels,
      annotations: { ...metadata.annotations, [POD_CLAIM]: entry.name },
      ownerReferences: [controllerReference(owner)],
    },
    spec,
  })
  return claim.metadata.name
}

/** The beginning of a claim's name: that of the pod and the entry, each cut by its share where that is too long. */
function baseName(podName: string, entry: string): string {
  const whole = `${podName}-${entry}-`
  if (whole.length <= MAX_BASE) return whole
  const cut = (text: string) => text.slice(0, Math.floor((text.length * MAX_BASE) / whole.length))
  return `${cut(podName)}-${cut(entry)}`
}
