import { notFound } from '../../apimachinery/errors.ts'
import type { KubeObject } from '../../apimachinery/schema/kind.ts'
import type { Entry } from '../cacher/entry.ts'
import type { RequestContext } from '../request.ts'
import type { Resource } from './resource.ts'
import { put, unwritten } from './write.ts'

/**
 * Changes an object as the server itself does, with no admission, validation or note of who did it (upstream
 * Store.GuaranteedUpdate). `change` gets what is there, frozen, and gives what should be, which may share parts with it; it is
 * asked again when someone else was faster. Throws StatusError.
 */
export async function guaranteedUpdate<T extends KubeObject>(
  resource: Resource<T>,
  namespace: string,
  name: string,
  change: (old: T) => T,
  { dryRun }: Pick<RequestContext, 'dryRun'>,
): Promise<Entry<T>> {
  const key = resource.key(namespace, name)
  let current = resource.cacher.get(key)
  for (;;) {
    if (!current) throw notFound(resource.kind, name)
    const changed = change(resource.objectOf(current))
    const object = { ...changed, metadata: { ...changed.metadata } }
    if (dryRun) return unwritten(resource, key, current.revision, object)
    const result = await put(resource, key, current.revision, object)
    if (result.written) return result.entry
    current = result.current
  }
}
