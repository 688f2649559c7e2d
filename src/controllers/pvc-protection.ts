import { type PersistentVolumeClaim, persistentVolumeClaim } from '../api/core/persistentvolumeclaim.ts'
import { type Pod, pod } from '../api/core/pod.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { type Controller, controller, watching } from '../client/controller.ts'
import { claimsOf } from './shared/pod-claims.ts'
import { isFinished } from './shared/pods.ts'
import { protect } from './shared/protection.ts'

const FINALIZER = 'kubernetes.io/pvc-protection'
const BY_CLAIM = 'claim'

/** Lets a claim that is being deleted go once no pod uses it (upstream pkg/controller/volume/pvcprotection). */
export const pvcProtectionController: Controller = controller({
  name: 'pvc-protection',
  for: persistentVolumeClaim,
  watches: [
    watching(pod, (object: Pod | undefined, previous: Pod | undefined) => {
      const released = previous && (!object || (isFinished(object) && !isFinished(previous)))
      return released ? claimsOf(previous) : []
    }),
  ],
  writes: [{ kind: persistentVolumeClaim as unknown as Kind, verbs: ['update'] }],
  setup({ informer }) {
    informer(pod).addIndex(BY_CLAIM, claimsOf)
  },

  async reconcile(claim: PersistentVolumeClaim, context) {
    const key = `${claim.metadata.namespace}/${claim.metadata.name}`
    const isUsed = (pods: readonly Pod[]) => pods.some(one => one.spec.nodeName && !isFinished(one))
    await protect(
      persistentVolumeClaim,
      claim,
      FINALIZER,
      async () => {
        if (isUsed(context.informer(pod).byIndex(BY_CLAIM, key))) return true
        // The cache may not know of a pod yet that was bound a moment ago.
        const { items } = await context.client.list(pod, { namespace: claim.metadata.namespace })
        return isUsed(items.filter(one => claimsOf(one).includes(key)))
      },
      context,
    )
  },
})
