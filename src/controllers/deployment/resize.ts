import type { Deployment } from '../../api/apps/deployment.ts'
import { type ReplicaSet, replicaSet } from '../../api/apps/replicaset.ts'
import type { ReconcileContext } from '../../client/controller.ts'
import { DESIRED_REPLICAS, MAX_REPLICAS, sizeAnnotations } from './annotations.ts'
import type { Sized } from './scale.ts'

/** Gives ReplicaSets new sizes and tells of it. Answers with all ReplicaSets as they are then. */
export async function resize(
  d: Deployment,
  changes: readonly Sized[],
  all: readonly ReplicaSet[],
  { client, events }: ReconcileContext,
): Promise<ReplicaSet[]> {
  const after = new Map(all.map(set => [set.metadata.uid, set]))
  const size = sizeAnnotations(d)
  for (const { set, replicas } of changes) {
    const { annotations } = set.metadata
    const told = [DESIRED_REPLICAS, MAX_REPLICAS].every(key => annotations?.[key] === size[key])
    if (replicas === set.spec.replicas && told) continue
    const updated = await client.update(replicaSet, {
      ...set,
      metadata: { ...set.metadata, annotations: { ...annotations, ...size } },
      spec: { ...set.spec, replicas },
    })
    after.set(set.metadata.uid, updated)
    if (replicas === set.spec.replicas) continue
    const direction = replicas > set.spec.replicas ? 'up' : 'down'
    const name = set.metadata.name
    const message = `Scaled ${direction} replica set ${name} from ${set.spec.replicas} to ${replicas}`
    events.normal(d, 'ScalingReplicaSet', message)
  }
  return [...after.values()]
}
