import { isReason, StatusError } from '../../apimachinery/errors.ts'
import type { Selector } from '../../apimachinery/labels.ts'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import type { ReconcileContext } from '../../client/controller.ts'
import { keyOf } from '../../client/informer.ts'
import { controllerReference, controllerUid } from './pods.ts'

const BY_CONTROLLER = 'controller'
const ORPHANS = 'orphans'

/** Indexes that `claim` and `childrenOf` need. Call from a controller's `setup`. */
export function indexByController<T extends KubeObject, I>(context: ReconcileContext, kind: Kind<T, I>): void {
  const informer = context.informer(kind)
  informer.addIndex(BY_CONTROLLER, object => {
    const uid = controllerUid(object)
    return uid ? [uid] : []
  })
  informer.addIndex(ORPHANS, object => (controllerUid(object) ? [] : [object.metadata.namespace ?? '']))
}

/** The objects that `owner` controls. */
export function childrenOf<T extends KubeObject, I>(
  context: ReconcileContext,
  kind: Kind<T, I>,
  owner: KubeObject,
): T[] {
  return context.informer(kind).byIndex(BY_CONTROLLER, owner.metadata.uid!)
}

/** The objects of a namespace that nothing controls. */
export function orphansIn<T extends KubeObject, I>(
  context: ReconcileContext,
  kind: Kind<T, I>,
  namespace: string,
): T[] {
  return context.informer(kind).byIndex(ORPHANS, namespace)
}

/**
 * The objects that belong to `owner` by its selector: those it controls, and orphans that match, which it adopts. Those it
 * controls that no longer match are released (upstream controller_ref_manager.go). `isMember` narrows what matches.
 */
export async function claim<T extends KubeObject, I>(
  context: ReconcileContext,
  kind: Kind<T, I>,
  owner: KubeObject,
  ownerKind: Kind,
  selector: Selector,
  isMember: (object: T) => boolean = () => true,
): Promise<T[]> {
  const own: T[] = []
  const deleted = !!owner.metadata.deletionTimestamp
  for (const child of childrenOf(context, kind, owner)) {
    if (selector.matches(child.metadata.labels) && isMember(child)) own.push(child)
    else if (!deleted) await release(context, kind, owner, child)
  }
  if (deleted) return own
  let checked = false
  for (const orphan of orphansIn(context, kind, owner.metadata.namespace ?? '')) {
    if (orphan.metadata.deletionTimestamp || !selector.matches(orphan.metadata.labels) || !isMember(orphan)) continue
    if (!checked) await checkOwner(context, ownerKind, owner)
    checked = true
    const adopted = await adopt(context, kind, owner, orphan)
    if (adopted) own.push(adopted)
  }
  return own
}

/** An adopter must still exist; the cache may not know yet that it does not. */
async function checkOwner({ client }: ReconcileContext, kind: Kind, owner: KubeObject): Promise<void> {
  const { namespace, name, uid } = owner.metadata
  const fresh = await client.get(kind, { namespace, name })
  if (fresh.metadata.uid !== uid) {
    throw new StatusError(
      409,
      'Conflict',
      `original ${kind.kind} ${keyOf(owner)} is gone: got uid ${fresh.metadata.uid}, wanted ${uid}`,
    )
  }
  if (fresh.metadata.deletionTimestamp) {
    throw new StatusError(
      409,
      'Conflict',
      `${keyOf(owner)} has just been deleted at ${fresh.metadata.deletionTimestamp}`,
    )
  }
}

async function adopt<T extends KubeObject, I>(
  { client }: ReconcileContext,
  kind: Kind<T, I>,
  owner: KubeObject,
  { metadata }: T,
): Promise<T | undefined> {
  const patch = { metadata: { uid: metadata.uid, ownerReferences: [controllerReference(owner)] } }
  try {
    return (await client.patch(kind, metadata, 'strategic', patch)) as T
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined
    throw error
  }
}

async function release<T extends KubeObject, I>(
  { client }: ReconcileContext,
  kind: Kind<T, I>,
  owner: KubeObject,
  { metadata }: T,
): Promise<void> {
  const { uid } = owner.metadata
  const patch = { metadata: { uid: metadata.uid, ownerReferences: [{ $patch: 'delete', uid }] } }
  try {
    await client.patch(kind, metadata, 'strategic', patch)
  } catch (error) {
    // Gone, or no longer the object we know: either way it is not ours any more.
    if (!isReason(error, 'NotFound', 'Invalid')) throw error
  }
}

/** Keys of the objects of a kind whose selector takes this object, which nothing controls. */
export function ownersOfOrphan<T extends KubeObject, I>(
  kind: Kind<T, I>,
  orphan: KubeObject | undefined,
  context: ReconcileContext,
  selectorFor: (owner: T) => Selector,
): string[] {
  if (!orphan || controllerUid(orphan) || orphan.metadata.deletionTimestamp) return []
  const owners = context.informer(kind).list(orphan.metadata.namespace)
  return owners.filter(owner => selectorFor(owner).matches(orphan.metadata.labels)).map(keyOf)
}
