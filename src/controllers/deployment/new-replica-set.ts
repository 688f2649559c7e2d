import type { Deployment } from '../../api/apps/deployment.ts'
import type { ReplicaSet } from '../../api/apps/replicaset.ts'
import { hashOf } from '../shared/hash.ts'
import { controllerReference } from '../shared/pods.ts'
import { newSetAnnotations } from './annotations.ts'
import { newSetReplicas } from './bounds.ts'
import { HASH_LABEL, withoutHash } from './replica-sets.ts'

/** The ReplicaSet for the Deployment's present template; its size is what may be started at once. */
export function newReplicaSet(d: Deployment, others: readonly ReplicaSet[], revision: number) {
  const template = withoutHash(d.spec.template)
  const hash = hashOf(template, d.status.collisionCount)
  const labels = { ...template.metadata.labels, [HASH_LABEL]: hash }
  return {
    metadata: {
      name: `${d.metadata.name}-${hash}`,
      namespace: d.metadata.namespace,
      labels,
      annotations: newSetAnnotations(d, {}, revision, false),
      ownerReferences: [controllerReference(d)],
    },
    spec: {
      replicas: newSetReplicas(d, others, 0),
      minReadySeconds: d.spec.minReadySeconds,
      selector: {
        ...d.spec.selector,
        matchLabels: { ...d.spec.selector.matchLabels, [HASH_LABEL]: hash },
      },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  }
}
