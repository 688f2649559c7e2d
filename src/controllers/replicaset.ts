import { type ReplicaSet, replicaSet } from '../api/apps/replicaset.ts'
import { type Pod, pod } from '../api/core/pod.ts'
import { selectorOf } from '../apimachinery/labels.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { controller, watching } from '../client/controller.ts'
import { indexByController, ownersOfOrphan } from './shared/claim.ts'
import { reconcileReplicas } from './shared/replicas.ts'

/** Creates and deletes pods until as many run as the ReplicaSet asks for (upstream pkg/controller/replicaset). */
export const replicaSetController = controller({
  name: 'replicaset',
  for: replicaSet,
  owns: [pod as unknown as Kind],
  watches: [
    watching(pod, (object: Pod | undefined, _previous, context) =>
      ownersOfOrphan(replicaSet, object, context, ({ spec }) => selectorOf(spec.selector)),
    ),
  ],
  writes: [
    { kind: pod as unknown as Kind, verbs: ['create', 'delete', 'patch'] },
    { kind: replicaSet as unknown as Kind, subresource: 'status', verbs: ['update'] },
  ],

  setup(context) {
    indexByController(context, pod)
    indexByController(context, replicaSet)
  },

  reconcile: (rs: ReplicaSet, context) =>
    reconcileReplicas(rs, replicaSet as unknown as Kind, selectorOf(rs.spec.selector), context),
})
