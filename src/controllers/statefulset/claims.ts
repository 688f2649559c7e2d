import type { StatefulSet } from '../../api/apps/statefulset.ts'
import { type PersistentVolumeClaim, persistentVolumeClaim } from '../../api/core/persistentvolumeclaim.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { KubeObject } from '../../apimachinery/schema/kind.ts'
import type { ReconcileContext } from '../../client/controller.ts'
import { controllerReference } from '../shared/pods.ts'
import { messageOf } from '../shared/replicas.ts'
import { sameStored } from '../shared/same.ts'
import { claimNames } from './identity.ts'

/** Makes the claims of an ordinal that are not there. */
export async function makeClaims(set: StatefulSet, ordinal: number, context: ReconcileContext): Promise<void> {
  const { client, events } = context
  const { namespace, name: setName } = set.metadata
  const names = claimNames(set, ordinal)
  for (const template of set.spec.volumeClaimTemplates ?? []) {
    const name = names.get(template.metadata.name!)!
    if (context.informer(persistentVolumeClaim).get(`${namespace}/${name}`)) continue
    const labels = { ...template.metadata.labels, ...set.spec.selector.matchLabels }
    const what = (outcome: string) =>
      `create Claim ${name} Pod ${setName}-${ordinal} in StatefulSet ${setName} ${outcome}`
    try {
      await client.create(persistentVolumeClaim, {
        metadata: {
          name,
          namespace,
          labels,
          annotations: template.metadata.annotations,
          ownerReferences:
            set.spec.persistentVolumeClaimRetentionPolicy?.whenDeleted === 'Delete'
              ? [controllerReference(set)]
              : undefined,
        },
        spec: template.spec,
      })
      events.normal(set, 'SuccessfulCreate', what('success'))
    } catch (error) {
      events.warning(set, 'FailedCreate', what(`failed error: ${messageOf(error)}`))
      throw error
    }
  }
}

const claimsOf = (set: StatefulSet, ordinal: number, context: ReconcileContext): PersistentVolumeClaim[] =>
  [...claimNames(set, ordinal).values()]
    .map(name => context.informer(persistentVolumeClaim).get(`${set.metadata.namespace}/${name}`))
    .filter(claim => claim !== undefined)

/** A claim is about to go, by itself or with an earlier pod of this name. */
export const hasStaleClaim = (set: StatefulSet, ordinal: number, context: ReconcileContext): boolean =>
  claimsOf(set, ordinal, context).some(
    ({ metadata }) =>
      metadata.deletionTimestamp ||
      metadata.ownerReferences?.some(r => r.kind === 'Pod' && r.name === `${set.metadata.name}-${ordinal}`),
  )

/** Makes claims go with their set, or with their pod when that is scaled away, as the retention policy says. */
export async function ownClaims(
  set: StatefulSet,
  ordinal: number,
  owner: Pod,
  condemned: boolean,
  context: ReconcileContext,
): Promise<void> {
  const { whenDeleted = 'Retain', whenScaled = 'Retain' } = set.spec.persistentVolumeClaimRetentionPolicy ?? {}
  const byPod = condemned && whenScaled === 'Delete'
  const bySet = !byPod && whenDeleted === 'Delete'
  for (const claim of claimsOf(set, ordinal, context)) {
    const before = claim.metadata.ownerReferences ?? []
    const foreign = before.filter(({ uid }) => uid !== set.metadata.uid && uid !== owner.metadata.uid)
    // Someone else's claim is left to them.
    if (foreign.some(r => r.controller)) continue
    const wanted: KubeObject | undefined = byPod ? owner : bySet ? set : undefined
    const ownerReferences = [...foreign, ...(wanted ? [controllerReference(wanted)] : [])]
    if (sameStored(before, ownerReferences)) continue
    await context.client.update(persistentVolumeClaim, { ...claim, metadata: { ...claim.metadata, ownerReferences } })
  }
}
