import { conflict, invalid, isReason, modified, notFound } from '../../apimachinery/errors.ts'
import { trackUpdate } from '../../apimachinery/fieldmanager/field-manager.ts'
import { settleManagedFields } from '../../apimachinery/fieldmanager/managers.ts'
import { deepCopy, deepEqual } from '../../apimachinery/json.ts'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import { validate, validateImmutable } from '../../apimachinery/schema/validate.ts'
import { At } from '../../apimachinery/validation/at.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../../apimachinery/validation/object-meta.ts'
import type { Entry } from '../cacher/entry.ts'
import type { RequestContext } from '../request.ts'
import { create, namespaceMismatch, tracksGeneration } from './create.ts'
import type { Resource } from './resource.ts'
import { put, remove, unwritten } from './write.ts'

/** The rules of a subresource through which a part of an object is written. */
export interface PartRules<T extends KubeObject = KubeObject> {
  /** Takes back, in `object`, what is not to be written this way. */
  readonly prepare: (object: T, old: T) => void
  readonly validate?: (object: T, old: T, at: At) => void
}

/** Another form of an object, in which a subresource shows it. */
export interface Shown<T extends KubeObject> {
  readonly kind: Kind
  of(object: T): KubeObject
  /** Takes over what is to be written. Throws StatusError where it cannot be. */
  into(object: T, shown: KubeObject): void
}

export interface UpdateOptions<T extends KubeObject> {
  /** `status`, another subresource, or empty for the object itself. */
  readonly subresource?: string
  /** Makes an object where none is, instead of 404. Gets nothing, gives the object to create. */
  readonly createMissing?: () => T
  /** Rules of the subresource instead of the kind's own; `undefined` keeps them. */
  readonly prepare?: PartRules<T>['prepare']
  /** What is checked besides the object as a whole, where the subresource has rules of its own. */
  readonly validate?: PartRules<T>['validate']
  /** What admission sees instead of the object, and may change: a Scale. */
  readonly shown?: Shown<T>
  /** The updater keeps managedFields itself (server-side apply). */
  readonly managesFields?: boolean
}

/**
 * Changes an object: `updater` turns a fresh copy of what is there into what should be. Where the updater's result names
 * no resourceVersion, a change by someone else in between makes it run again; otherwise that is a conflict.
 * Resolves to the new entry and whether it was created. Throws StatusError.
 */
export async function update<T extends KubeObject>(
  resource: Resource<T>,
  namespace: string,
  name: string,
  updater: (old: T) => T | Promise<T>,
  context: RequestContext,
  options: UpdateOptions<T> = {},
): Promise<{ entry: Entry<T>; created: boolean }> {
  const key = resource.key(namespace, name)
  let current = resource.cacher.get(key)
  for (;;) {
    if (!current) {
      if (!options.createMissing) throw notFound(resource.kind, name)
      try {
        return { entry: await create(resource, namespace, options.createMissing(), context, options), created: true }
      } catch (error) {
        current = resource.cacher.get(key)
        if (isReason(error, 'AlreadyExists') && current) continue
        throw error
      }
    }
    const outcome = await attempt(resource, namespace, name, current, updater, context, options)
    if (outcome.written) return { entry: outcome.entry, created: false }
    current = outcome.current
  }
}

async function attempt<T extends KubeObject>(
  resource: Resource<T>,
  namespace: string,
  name: string,
  current: Entry<T>,
  updater: (old: T) => T | Promise<T>,
  context: RequestContext,
  options: UpdateOptions<T>,
) {
  const { kind, deps } = resource
  await resource.ready([current])
  const old = resource.objectOf(current)
  const object = await updater(resource.thaw(old))
  const subresource = options.subresource ?? ''
  const conditional = checkIdentity(resource, namespace, name, object, old)
  keepServerFields(object, old)
  if (!options.managesFields) settleManagedFields(object, old, subresource)
  const { shown } = options
  const attributes = {
    operation: 'UPDATE' as const,
    kind: kind as unknown as Kind,
    namespace,
    name,
    subresource,
    ...(shown && { subresourceKind: shown.kind }),
    object: shown ? shown.of(object) : object,
    oldObject: shown ? shown.of(old) : old,
    context,
  }
  await deps.admission.admit(attributes)
  shown?.into(object, attributes.object)
  prepareForUpdate(resource, object, old, subresource, options)
  validateChange(resource, object, old, subresource, options)
  if (!subresource) for (const warning of kind.warnings?.(object, old) ?? []) context.warn(warning)
  await deps.admission.validate(attributes)
  if (options.managesFields) keepTimes(object, old)
  else {
    const { versions } = resource
    trackUpdate(kind, old, object, { manager: context.fieldManager, subresource, now: deps.clock.now(), versions })
  }
  // A change of nothing is written all the same where that brings it under the newest encryption key.
  if (deepEqual(object, old) && !deps.isStale?.(current.stored)) return { written: true as const, entry: current }
  if (context.dryRun) {
    return { written: true as const, entry: await unwritten(resource, current.key, current.revision, object) }
  }
  const gone = object.metadata.deletionTimestamp && !object.metadata.finalizers?.length && isFinished(object)
  const result = gone
    ? await remove(resource, current.key, current.revision)
    : await put(resource, current.key, current.revision, object)
  if (!result.written && conditional) throw modified(kind, name)
  if (result.written && gone)
    return { written: true as const, entry: await unwritten(resource, current.key, result.entry.revision, object) }
  return result
}

/** An apply that changed nothing else leaves the times in managedFields as they were, and so is no change at all. */
function keepTimes(object: KubeObject, old: KubeObject): void {
  const timeless = ({ metadata, ...rest }: KubeObject) => ({
    ...rest,
    metadata: { ...metadata, managedFields: metadata.managedFields?.map(entry => ({ ...entry, time: undefined })) },
  })
  if (deepEqual(timeless(object), timeless(old))) object.metadata.managedFields = old.metadata.managedFields
}

/** Whether a deleted object without finalizers may leave the store now: its grace period is over, its spec finalized. */
function isFinished(object: KubeObject): boolean {
  const { spec } = object as { spec?: { finalizers?: unknown[] } }
  if (object.kind === 'Namespace' && spec?.finalizers?.length) return false
  return !object.metadata.deletionGracePeriodSeconds
}

/** Name, namespace, uid and resourceVersion must fit; true when the caller named a resourceVersion. */
function checkIdentity<T extends KubeObject>(
  { kind }: Resource<T>,
  namespace: string,
  name: string,
  object: T,
  old: T,
): boolean {
  const meta = object.metadata
  if (kind.scope === 'Namespaced') {
    if (meta.namespace && meta.namespace !== namespace) throw namespaceMismatch()
    meta.namespace = namespace
  }
  if (meta.uid && meta.uid !== old.metadata.uid) {
    throw conflict(
      kind,
      name,
      `Precondition failed: UID in precondition: ${meta.uid}, UID in object meta: ${old.metadata.uid}`,
    )
  }
  const conditional = !!meta.resourceVersion && meta.resourceVersion !== '0'
  if (conditional && meta.resourceVersion !== old.metadata.resourceVersion) throw modified(kind, name)
  return conditional
}

function keepServerFields(object: KubeObject, old: KubeObject): void {
  const [meta, before] = [object.metadata, old.metadata]
  meta.uid = before.uid
  meta.resourceVersion = before.resourceVersion
  meta.creationTimestamp = before.creationTimestamp
  delete meta.selfLink
  for (const field of ['generation', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const) {
    if (before[field] === undefined) delete meta[field]
    else (meta as Record<string, unknown>)[field] = before[field]
  }
  if (before.generateName && !meta.generateName) meta.generateName = before.generateName
}

function prepareForUpdate<T extends KubeObject>(
  resource: Resource<T>,
  object: T,
  old: T,
  subresource: string,
  options: UpdateOptions<T>,
): void {
  const { kind } = resource
  if (options.prepare) options.prepare(object, old)
  else if (subresource === 'status') (kind.prepareForStatusUpdate ?? keepAllButStatus)(object, old)
  else {
    if (kind.subresources?.status) keepStatus(object, old)
    kind.prepareForUpdate?.(object, old)
  }
  if (subresource !== 'status' && tracksGeneration(resource) && desiredStateChanged(kind, object, old)) {
    object.metadata.generation = (old.metadata.generation ?? 0) + 1
  }
}

function keepStatus(object: KubeObject, old: KubeObject): void {
  const [to, from] = [object as { status?: unknown }, old as { status?: unknown }]
  if (from.status === undefined) delete to.status
  else to.status = deepCopy(from.status)
}

function keepAllButStatus(object: KubeObject, old: KubeObject): void {
  const [to, from] = [object as unknown as Record<string, unknown>, old as unknown as Record<string, unknown>]
  for (const field of new Set([...Object.keys(to), ...Object.keys(from)])) {
    if (field === 'status' || field === 'metadata') continue
    if (from[field] === undefined) delete to[field]
    else to[field] = from[field]
  }
  object.metadata.ownerReferences = deepCopy(old.metadata.ownerReferences)
}

function desiredStateChanged<T extends KubeObject>(kind: Kind<T>, object: T, old: T): boolean {
  const desired = ({ metadata: _, status, ...rest }: KubeObject & { status?: unknown }) =>
    kind.custom && !kind.subresources?.status ? { ...rest, status } : rest
  return !deepEqual(desired(object), desired(old))
}

function validateChange<T extends KubeObject>(
  resource: Resource<T>,
  object: T,
  old: T,
  subresource: string,
  { prepare, validate: validatePart }: UpdateOptions<T>,
): void {
  const { kind } = resource
  const at = new At()
  validateObjectMeta(object.metadata, at.child('metadata'), {
    namespaced: kind.scope === 'Namespaced',
    nameFormat: kind.nameFormat,
  })
  validateObjectMetaUpdate(object.metadata, old.metadata, at.child('metadata'))
  const [ruled, before] = [resource.ruled(object), resource.ruled(old)]
  if (subresource === 'status') ruled.kind.validateStatusUpdate?.(ruled.object, before.object, at)
  else {
    validate(ruled.kind.message, ruled.object, at)
    ruled.kind.validate?.(ruled.object, at)
    validateImmutable(kind.message, object, old, at)
    // A subresource with rules of its own says itself which fields may change.
    if (prepare) validatePart?.(object, old, at)
    else ruled.kind.validateUpdate?.(ruled.object, before.object, at)
  }
  if (at.errors.length > 0) throw invalid(kind, old.metadata.name ?? '', at.errors)
}
