import {
  badRequest,
  conflict,
  type GroupResource,
  invalid,
  unsupportedMediaType,
} from '../../../apimachinery/errors.ts'
import { applyConfiguration } from '../../../apimachinery/fieldmanager/field-manager.ts'
import { duplicateKeys, parseJson } from '../../../apimachinery/json.ts'
import { applyJsonPatch } from '../../../apimachinery/patch/json-patch.ts'
import { applyMergePatch } from '../../../apimachinery/patch/merge-patch.ts'
import { applyStrategicMergePatch } from '../../../apimachinery/patch/strategic-merge-patch.ts'
import type { Kind, KubeObject } from '../../../apimachinery/schema/kind.ts'
import { At } from '../../../apimachinery/validation/at.ts'
import { validateFieldManager } from '../../../apimachinery/validation/object-meta.ts'
import { parseYaml } from '../../../apimachinery/yaml.ts'
import type { Resource } from '../../registry/resource.ts'
import { type PartRules, update } from '../../registry/update.ts'
import type { RequestContext } from '../../request.ts'
import type { Exchange } from '../../server/exchange.ts'
import { mediaType } from '../negotiate.ts'
import { respondEntry } from '../respond.ts'
import { MAX_BODY_BYTES, negotiated, type Scope } from './scope.ts'

export type PatchKind = 'json' | 'merge' | 'strategic' | 'apply'

const PATCH_TYPES: Record<string, PatchKind> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
}

/** PATCH of an object, of its status, or, by `rules`, of another part of it, in any of the patch forms. */
export async function patch(scope: Scope, rules?: PartRules): Promise<void> {
  const { exchange, info, resource, context, clock } = scope
  const form = negotiated(scope)
  const { type, body, force, duplicates } = await readPatch(exchange, resource.kind)
  context.audit?.requestPatch(body)
  const { namespace, name, subresource } = info
  const { entry, created } = await applyPatch(
    resource,
    namespace,
    name,
    subresource,
    type,
    body,
    context,
    force,
    context.fieldValidation === 'Ignore' ? [] : duplicates(),
    rules,
  )
  respondEntry(exchange, resource, entry, form, clock.now(), created ? 201 : 200)
}

interface PatchRequest {
  readonly type: PatchKind
  readonly body: unknown
  readonly force: boolean
  /** Keys that stand twice in the patch; JSON patches aside, whose keys are not the object's. */
  duplicates(): string[]
}

async function readPatch(exchange: Exchange, { custom }: Pick<Kind, 'custom'>): Promise<PatchRequest> {
  // A strategic merge needs to know how lists merge, which custom resources do not say.
  const offered = Object.keys(PATCH_TYPES).filter(name => !custom || PATCH_TYPES[name] !== 'strategic')
  const given = mediaType(exchange.headers['content-type'])
  const type = offered.includes(given) ? PATCH_TYPES[given] : undefined
  if (!type) throw unsupportedMediaType(offered)
  const text = (await exchange.body(MAX_BODY_BYTES)).toString('utf8')
  const force = exchange.query.bool('force')
  if (type !== 'apply' && exchange.query.has('force')) {
    const at = new At()
    at.child('force').forbidden('may not be specified for non-apply patch')
    throw invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', at.errors)
  }
  const duplicates = () => (type === 'merge' || type === 'strategic' ? duplicateKeys(text) : [])
  return { type, body: parse(text, type), force, duplicates }
}

/** What a PATCH makes of the object that a subresource shows; that object has no managedFields, so apply is a merge. */
export async function patchedBody({ exchange, context }: Scope, kind: Kind, shown: KubeObject): Promise<unknown> {
  const { type, body } = await readPatch(exchange, kind)
  context.audit?.requestPatch(body)
  const next = patched(kind, shown, type === 'apply' ? 'merge' : type, body) as KubeObject
  const { resourceVersion } = shown.metadata
  if (next.metadata?.resourceVersion !== resourceVersion) return next
  // Others may have written meanwhile, which is no reason to refuse a patch that names no version.
  return { ...next, metadata: { ...next.metadata, resourceVersion: undefined } }
}

function parse(text: string, type: PatchKind): unknown {
  try {
    return type === 'apply' ? parseYaml(text) : parseJson(text)
  } catch (error) {
    const why = (error as Error).message
    throw badRequest(type === 'apply' ? `error decoding YAML: ${why}` : `error decoding patch: ${why}`)
  }
}

/** Applies a parsed patch to an object, or through one of its subresources. */
export function applyPatch<T extends KubeObject>(
  resource: Resource<T>,
  namespace: string,
  name: string,
  subresource: string,
  type: PatchKind,
  body: unknown,
  context: RequestContext,
  force = false,
  duplicates: readonly string[] = [],
  rules?: PartRules,
) {
  const part = rules as PartRules<T> | undefined
  if (type === 'apply') return applyServerSide(resource, namespace, name, subresource, body, context, force, part)
  const updater = (old: T) => {
    const next = patched(resource.kind as Kind, old, type, body)
    return unconditional(
      resource.decode(next, context, duplicates, why => misfit(body, why)),
      old,
    )
  }
  return update(resource, namespace, name, updater, context, { subresource, ...part })
}

/**
 * A patch that names no version is made again on what others have written meanwhile. One that names the version it found is,
 * too, and then finds another one there.
 */
function unconditional<T extends KubeObject>(next: T, old: T): T {
  if (next.metadata.resourceVersion === old.metadata.resourceVersion) delete next.metadata.resourceVersion
  return next
}

/** What a patch makes of an object does not fit the object's kind. */
function misfit(patch: unknown, why: string) {
  const at = new At()
  at.child('patch').invalid(JSON.stringify(patch), why)
  return invalid({ group: '', kind: '' }, '', at.errors)
}

function patched(kind: Kind, old: KubeObject, type: PatchKind, body: unknown): unknown {
  if (type === 'json') return applyJsonPatch(old, body)
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw badRequest('json: cannot unmarshal array into Go value of type map[string]interface {}')
  }
  if (type === 'merge') return applyMergePatch(old, body)
  return applyStrategicMergePatch(kind.message, old, body as Record<string, unknown>)
}

function applyServerSide<T extends KubeObject>(
  resource: Resource<T>,
  namespace: string,
  name: string,
  subresource: string,
  body: unknown,
  context: RequestContext,
  force: boolean,
  rules?: PartRules<T>,
) {
  const { kind, deps } = resource
  requireManager(context)
  const config = checkConfiguration(resource, body, namespace, name)
  const { versions } = resource
  const options = { manager: context.fieldManager, force, subresource, now: deps.clock.now(), versions }
  const decodeResult = (result: unknown) => resource.decode(result, context)
  return update(
    resource,
    namespace,
    name,
    old => unconditional(decodeResult(applyConfiguration(kind, old, config, options)), old),
    context,
    {
      subresource,
      ...rules,
      managesFields: true,
      ...(!subresource && {
        createMissing: () => {
          if (config.metadata.uid) throw uidMismatch(kind, name, config.metadata.uid)
          return decodeResult(applyConfiguration(kind, undefined, config, options))
        },
      }),
    },
  )
}

/** The object that was meant is gone: making another in its place is not what was asked for. */
const uidMismatch = (kind: GroupResource, name: string, uid: string) =>
  conflict(kind, name, `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`)

function requireManager(context: RequestContext): void {
  const at = new At()
  if (!context.fieldManager) at.child('fieldManager').required('is required for apply patch')
  else validateFieldManager(context.fieldManager, at.child('fieldManager'))
  if (at.errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', at.errors)
}

function checkConfiguration<T extends KubeObject>(
  { kind }: Resource<T>,
  body: unknown,
  namespace: string,
  name: string,
): KubeObject {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw badRequest('error decoding YAML: expected an object')
  const config = body as KubeObject
  if (config.apiVersion !== kind.apiVersion || config.kind !== kind.kind) {
    throw badRequest(
      `Incorrect version specified in apply patch. Specified patch version: ${config.apiVersion}, expected: ${kind.apiVersion}`,
    )
  }
  const metadata = config.metadata ?? {}
  if (metadata.name && metadata.name !== name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`)
  }
  if (metadata.managedFields !== undefined) throw badRequest('metadata.managedFields must be nil')
  const namespaced = kind.scope === 'Namespaced' ? { namespace } : {}
  return { ...config, metadata: { ...metadata, name, ...namespaced } }
}
