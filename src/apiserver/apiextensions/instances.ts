import { isTrue, setCondition } from '../../api/apiextensions/conditions.ts'
import { CLEANUP_FINALIZER } from '../../api/apiextensions/definition-messages.ts'
import type { CustomResourceDefinition } from '../../api/apiextensions/index.ts'
import { isReason } from '../../apimachinery/errors.ts'
import type { Cacher } from '../cacher/cacher.ts'
import { deleteObject } from '../registry/delete.ts'
import type { Resource } from '../registry/resource.ts'
import { SERVER_CONTEXT } from './server-context.ts'

/** What to write to a definition after its objects have been looked at. */
export interface Outcome {
  apply(crd: CustomResourceDefinition, now: string): void
}

const terminating = (status: 'True' | 'False', reason: string, message: string): Outcome => ({
  apply(crd, now) {
    setCondition(crd, { type: 'Terminating', status, reason, message }, now)
    if (status === 'True') return
    crd.metadata.finalizers = crd.metadata.finalizers?.filter(finalizer => finalizer !== CLEANUP_FINALIZER)
  },
})

/**
 * Deletes all objects of a definition that is being deleted. Where some stay, because of finalizers, `again` is called once
 * the last of them is gone (upstream's controller/finalizer).
 */
export async function deleteInstances(
  crd: CustomResourceDefinition,
  resource: Resource | undefined,
  cacher: Cacher | undefined,
  again: () => void,
): Promise<Outcome> {
  if (!isTrue(crd, 'Established')) return terminating('False', 'NeverEstablished', 'resource was never established')
  if (!resource || !cacher) throw new Error(`${crd.metadata.name} is not served yet`)
  const failures: string[] = []
  for (const entry of [...cacher.values()]) {
    const { namespace = '', name = '' } = entry.object.metadata
    try {
      await deleteObject(resource, namespace, name, {}, SERVER_CONTEXT)
    } catch (error) {
      if (!isReason(error, 'NotFound')) failures.push((error as Error).message)
    }
  }
  if (failures.length > 0) {
    return terminating('True', 'InstanceDeletionFailed', `could not issue all deletes: ${failures.join(', ')}`)
  }
  if (cacher.size === 0) return terminating('False', 'InstanceDeletionCompleted', 'removed all instances')
  const stop = cacher.listen(() => {
    if (cacher.size > 0) return
    stop()
    again()
  })
  return terminating('True', 'InstanceDeletionInProgress', 'CustomResource deletion is in progress')
}
