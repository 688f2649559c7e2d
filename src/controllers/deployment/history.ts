import type { Deployment } from '../../api/apps/deployment.ts'
import { type ReplicaSet, replicaSet } from '../../api/apps/replicaset.ts'
import { isReason } from '../../apimachinery/errors.ts'
import type { ReconcileContext } from '../../client/controller.ts'
import { revisionOf } from './annotations.ts'

/** Deletes the oldest ReplicaSets beyond the history limit, as far as they are empty. */
export async function collectHistory(
  { spec }: Deployment,
  old: readonly ReplicaSet[],
  { client }: ReconcileContext,
): Promise<void> {
  const kept = old.filter(({ metadata }) => !metadata.deletionTimestamp)
  const excess = kept.length - spec.revisionHistoryLimit
  if (excess <= 0) return
  const oldest = kept.sort((a, b) => revisionOf(a) - revisionOf(b)).slice(0, excess)
  for (const set of oldest) {
    const { status, spec, metadata } = set
    const settled = (metadata.generation ?? 0) <= (status.observedGeneration ?? 0)
    if (status.replicas !== 0 || spec.replicas !== 0 || !settled) continue
    try {
      await client.delete(replicaSet, { metadata })
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error
    }
  }
}
