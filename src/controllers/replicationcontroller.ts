import { type Pod, pod } from '../api/core/pod.ts'
import { type ReplicationController, replicationController } from '../api/core/replicationcontroller.ts'
import { selectorFromLabels } from '../apimachinery/labels.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { controller, watching } from '../client/controller.ts'
import { indexByController, ownersOfOrphan } from './shared/claim.ts'
import { type ReplicaOwner, reconcileReplicas } from './shared/replicas.ts'

/** The older form of ReplicaSet (upstream pkg/controller/replication). */
export const replicationControllerController = controller({
  name: 'replication',
  for: replicationController,
  owns: [pod as unknown as Kind],
  watches: [
    watching(pod, (object: Pod | undefined, _previous, context) =>
      ownersOfOrphan(replicationController, object, context, ({ spec }) => selectorFromLabels(spec.selector)),
    ),
  ],
  writes: [
    { kind: pod as unknown as Kind, verbs: ['create', 'delete', 'patch'] },
    { kind: replicationController as unknown as Kind, subresource: 'status', verbs: ['update'] },
  ],

  setup(context) {
    indexByController(context, pod)
    indexByController(context, replicationController)
  },

  async reconcile(rc: ReplicationController, context) {
    if (!rc.spec.template) return undefined
    const kind = replicationController as unknown as Kind
    return reconcileReplicas(rc as ReplicaOwner, kind, selectorFromLabels(rc.spec.selector), context)
  },
})
