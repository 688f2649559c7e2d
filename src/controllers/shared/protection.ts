import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import type { ReconcileContext } from '../../client/controller.ts'

/** Adds a finalizer to an object that lives, takes it off one that is being deleted and is no longer used. */
export async function protect<T extends KubeObject>(
  kind: Kind<T>,
  object: T,
  finalizer: string,
  isUsed: () => boolean | Promise<boolean>,
  { client }: ReconcileContext,
): Promise<void> {
  const { finalizers = [], deletionTimestamp } = object.metadata
  const has = finalizers.includes(finalizer)
  const update = (wanted: string[]) =>
    client.update(kind, { ...object, metadata: { ...object.metadata, finalizers: wanted } } as never)
  if (!deletionTimestamp) {
    if (!has) await update([...finalizers, finalizer])
  } else if (has && !(await isUsed())) await update(finalizers.filter(name => name !== finalizer))
}
