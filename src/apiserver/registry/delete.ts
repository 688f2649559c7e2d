import { rfc3339 } from '../../apimachinery/clock.ts'
import { conflict, notFound } from '../../apimachinery/errors.ts'
import type { KubeObject } from '../../apimachinery/schema/kind.ts'
import type { Entry } from '../cacher/entry.ts'
import type { RequestContext } from '../request.ts'
import type { Resource } from './resource.ts'
import { put, remove } from './write.ts'

/** metav1.DeleteOptions, as far as the server looks at them. */
export interface DeleteOptions {
  gracePeriodSeconds?: number
  propagationPolicy?: string
  orphanDependents?: boolean
  preconditions?: { uid?: string; resourceVersion?: string }
  dryRun?: string[]
}

export interface DeleteResult<T extends KubeObject> {
  entry: Entry<T>
  /** Gone from the store; otherwise only marked, for finalizers or a grace period. */
  removed: boolean
}

const FINALIZERS: Record<string, string> = { Orphan: 'orphan', Foreground: 'foregroundDeletion' }

/** Deletes an object, or marks it deleted where a grace period or finalizers have to pass first. Throws StatusError. */
export async function deleteObject<T extends KubeObject>(
  resource: Resource<T>,
  namespace: string,
  name: string,
  options: DeleteOptions,
  context: RequestContext,
): Promise<DeleteResult<T>> {
  const key = resource.key(namespace, name)
  let current = resource.cacher.get(key)
  for (;;) {
    if (!current) throw notFound(resource.kind, name)
    await resource.ready([current])
    const old = resource.objectOf(current)
    checkPreconditions(resource, old, name, options)
    const attributes = {
      operation: 'DELETE' as const,
      kind: resource.kind,
      namespace,
      name,
      subresource: '',
      object: undefined,
      oldObject: old,
      context,
    }
    await resource.deps.admission.admit(attributes)
    await resource.deps.admission.validate(attributes)
    const marked = mark(resource, prepared(resource, old), options)
    if (marked === 'unchanged') return { entry: current, removed: false }
    if (context.dryRun) return { entry: current, removed: marked === undefined }
    const result = marked
      ? await put(resource, key, current.revision, marked)
      : await remove(resource, key, current.revision)
    if (result.written) return { entry: result.entry, removed: marked === undefined }
    current = result.current
  }
}

function checkPreconditions<T extends KubeObject>(
  { kind }: Resource<T>,
  old: T,
  name: string,
  { preconditions }: DeleteOptions,
): void {
  const { uid, resourceVersion } = old.metadata
  if (preconditions?.uid && preconditions.uid !== uid) {
    throw conflict(
      kind,
      name,
      `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    )
  }
  if (preconditions?.resourceVersion && preconditions.resourceVersion !== resourceVersion) {
    throw conflict(
      kind,
      name,
      `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`,
    )
  }
}

/** With what the kind adds when deletion is first asked for. */
function prepared<T extends KubeObject>(resource: Resource<T>, old: T): T {
  const { kind, deps } = resource
  if (!kind.prepareForDelete || old.metadata.deletionTimestamp) return old
  const object = resource.thaw(old)
  kind.prepareForDelete(object, deps.clock.now())
  return object
}

/** The marked object; undefined to remove it now; 'unchanged' when it is already marked so. */
function mark<T extends KubeObject>(
  resource: Resource<T>,
  old: T,
  options: DeleteOptions,
): T | undefined | 'unchanged' {
  const finalizers = wantedFinalizers(old, options)
  const grace = gracePeriod(old, options)
  const namespaceWaits =
    old.kind === 'Namespace' && !!(old as { spec?: { finalizers?: string[] } }).spec?.finalizers?.length
  if (finalizers.length === 0 && grace === 0 && !namespaceWaits) return undefined
  const meta = old.metadata
  const sameFinalizers = finalizers.join() === (meta.finalizers ?? []).join()
  if (meta.deletionTimestamp && sameFinalizers && grace >= (meta.deletionGracePeriodSeconds ?? 0)) return 'unchanged'

  const object = resource.thaw(old)
  const start = meta.deletionTimestamp
    ? Date.parse(meta.deletionTimestamp) - (meta.deletionGracePeriodSeconds ?? 0) * 1000
    : resource.deps.clock.now()
  object.metadata.finalizers = finalizers.length > 0 ? finalizers : undefined
  object.metadata.deletionTimestamp = rfc3339(start + grace * 1000)
  object.metadata.deletionGracePeriodSeconds = grace
  if (!meta.deletionTimestamp && object.metadata.generation) object.metadata.generation++
  if (object.kind === 'Namespace')
    (object as { status?: { phase?: string } }).status = {
      ...(old as { status?: object }).status,
      phase: 'Terminating',
    }
  return object
}

function wantedFinalizers(old: KubeObject, options: DeleteOptions): string[] {
  const { orphanDependents } = options
  const older = orphanDependents === undefined ? undefined : orphanDependents ? 'Orphan' : 'Background'
  const policy = options.propagationPolicy ?? older
  const present = old.metadata.finalizers ?? []
  if (!policy) return [...present]
  const kept = present.filter(f => !Object.values(FINALIZERS).includes(f))
  return FINALIZERS[policy] ? [...kept, FINALIZERS[policy]] : kept
}

/** Seconds a pod has to end, at most what is already granted; everything else goes at once (upstream podStrategy.CheckGracefulDelete). */
function gracePeriod(old: KubeObject, options: DeleteOptions): number {
  if (old.kind !== 'Pod') return 0
  const pod = old as KubeObject & {
    spec: { nodeName?: string; terminationGracePeriodSeconds?: number }
    status?: { phase?: string }
  }
  if (!pod.spec.nodeName || pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') return 0
  const wanted = options.gracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30
  const granted = pod.metadata.deletionGracePeriodSeconds
  const seconds = wanted < 0 ? 1 : wanted
  return pod.metadata.deletionTimestamp && granted !== undefined ? Math.min(seconds, granted) : seconds
}
