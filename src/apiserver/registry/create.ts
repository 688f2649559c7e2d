import { rfc3339 } from '../../apimachinery/clock.ts'
import { alreadyExists, badRequest, invalid } from '../../apimachinery/errors.ts'
import { trackUpdate } from '../../apimachinery/fieldmanager/field-manager.ts'
import { settleManagedFields } from '../../apimachinery/fieldmanager/managers.ts'
import { safeSuffix } from '../../apimachinery/random.ts'
import { decode } from '../../apimachinery/schema/decode.ts'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import { validate } from '../../apimachinery/schema/validate.ts'
import { At } from '../../apimachinery/validation/at.ts'
import { validateKubeFinalizerName, validateObjectMeta } from '../../apimachinery/validation/object-meta.ts'
import type { Entry } from '../cacher/entry.ts'
import type { RequestContext } from '../request.ts'
import type { Resource } from './resource.ts'
import { put, unwritten } from './write.ts'

/** Groups whose kinds upstream checks by the rules for any object, not by those of its own kinds. */
const GENERIC_RULES: ReadonlySet<string> = new Set(['apiextensions.k8s.io', 'apiregistration.k8s.io'])

/** Longest name the server makes from a generateName, so that names derived from it still fit (upstream names.go). */
const MAX_GENERATED_BASE = 58
const SUFFIX_LENGTH = 5
/** Tries at finding a free generated name (KEP-4420). */
const GENERATE_ATTEMPTS = 8

export interface CreateOptions {
  /** The object's managedFields are already what they should be (server-side apply). */
  readonly managesFields?: boolean
}

/** Creates an object that `Resource.decode` has checked and completed. Throws StatusError. */
export async function create<T extends KubeObject>(
  resource: Resource<T>,
  namespace: string,
  object: T,
  context: RequestContext,
  options: CreateOptions = {},
): Promise<Entry<T>> {
  const { generateName, name } = object.metadata
  if (name || !generateName) return createNamed(resource, namespace, object, context, options)
  for (let attempt = 1; ; attempt++) {
    const candidate = structuredClone(object)
    candidate.metadata.name =
      generateName.slice(0, MAX_GENERATED_BASE) + safeSuffix(resource.deps.random, SUFFIX_LENGTH)
    try {
      return await createNamed(resource, namespace, candidate, context, options)
    } catch (error) {
      const taken = (error as { reason?: string }).reason === 'AlreadyExists'
      if (!taken || attempt === GENERATE_ATTEMPTS) throw error
    }
  }
}

async function createNamed<T extends KubeObject>(
  resource: Resource<T>,
  namespace: string,
  object: T,
  context: RequestContext,
  options: CreateOptions,
): Promise<Entry<T>> {
  const { kind, deps } = resource
  prepare(resource, namespace, object)
  if (!options.managesFields) settleManagedFields(object, undefined, '')
  const key = resource.key(namespace, object.metadata.name ?? '')
  const attributes = {
    operation: 'CREATE' as const,
    kind,
    namespace,
    name: object.metadata.name ?? '',
    subresource: '',
    object,
    oldObject: undefined,
    context,
  }
  await deps.admission.admit(attributes)
  if (kind.subresources?.status) resetStatus(kind, object)
  kind.prepareForCreate?.(object)
  validateNew(resource, object)
  for (const warning of kind.warnings?.(object) ?? []) context.warn(warning)
  await deps.admission.validate(attributes)
  if (!options.managesFields) {
    trackUpdate(kind, undefined, object, { manager: context.fieldManager, subresource: '', now: deps.clock.now() })
  }

  const existing = resource.cacher.get(key)
  if (existing) throw alreadyExists(kind, object.metadata.name!)
  if (context.dryRun) return unwritten(resource, key, undefined, object)
  const result = await put(resource, key, 0, object)
  if (!result.written) throw alreadyExists(kind, object.metadata.name!)
  return result.entry
}

/** A new object has no status yet, whatever its author says. */
function resetStatus<T extends KubeObject>(kind: Kind<T>, object: T): void {
  const field = kind.message.fields.status
  const withStatus = object as { status?: unknown }
  if (field?.facts.presence === 'filled') withStatus.status = decode(field.type, {}, { defaults: true })
  else delete withStatus.status
}

/** What the server itself sets on a new object (upstream rest.BeforeCreate). */
function prepare<T extends KubeObject>(resource: Resource<T>, namespace: string, object: T): void {
  const { kind, deps } = resource
  const meta = object.metadata
  if (meta.resourceVersion) throw badRequest('resourceVersion should not be set on objects to be created')
  if (kind.scope === 'Namespaced') {
    if (meta.namespace && meta.namespace !== namespace) throw namespaceMismatch()
    meta.namespace = namespace
  } else delete meta.namespace
  meta.uid = deps.random.uuid()
  meta.creationTimestamp = rfc3339(deps.clock.now())
  delete meta.deletionTimestamp
  delete meta.deletionGracePeriodSeconds
  delete meta.selfLink
  if (tracksGeneration(resource)) meta.generation = 1
  else delete meta.generation
}

/** Whether metadata.generation counts the changes of this kind's desired state. */
export function tracksGeneration<T extends KubeObject>({ kind }: Resource<T>): boolean {
  return kind.tracksGeneration ?? 'spec' in kind.message.fields
}

export const namespaceMismatch = () =>
  badRequest('the namespace of the provided object does not match the namespace sent on the request')

function validateNew<T extends KubeObject>(resource: Resource<T>, object: T): void {
  const { kind } = resource
  const at = new At()
  validateObjectMeta(object.metadata, at.child('metadata'), {
    namespaced: kind.scope === 'Namespaced',
    nameFormat: kind.nameFormat,
  })
  if (!kind.custom && !GENERIC_RULES.has(kind.group)) {
    for (const [i, name] of (object.metadata.finalizers ?? []).entries()) {
      validateKubeFinalizerName(name, at.child('metadata', 'finalizers').index(i))
    }
  }
  const ruled = resource.ruled(object)
  validate(ruled.kind.message, ruled.object, at)
  ruled.kind.validate?.(ruled.object, at)
  ruled.kind.validateCreate?.(ruled.object, at)
  if (at.errors.length > 0) throw invalid(kind, object.metadata.name ?? object.metadata.generateName ?? '', at.errors)
}
