import type { Pod } from '../../api/core/pod.ts'
import { resourceQuota as quotaKind, type ResourceQuota } from '../../api/core/resourcequota.ts'
import { isAbout, usageChanges, usageOf } from '../../api/quota/evaluate.ts'
import { missingResources } from '../../api/quota/pods.ts'
import { countsObject } from '../../api/quota/scopes.ts'
import { addUsage, exceeding, only, subtractUsage, type Usage, usageText } from '../../api/quota/usage.ts'
import { forbidden, isReason } from '../../apimachinery/errors.ts'
import { quantitySign } from '../../apimachinery/quantity.ts'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import type { ApiServer } from '../apiserver.ts'
import { update } from '../registry/update.ts'
import type { RequestContext } from '../request.ts'
import type { AdmissionAttributes, AdmissionPlugin } from './admission.ts'
import { Charges } from './quota-charges.ts'

/** What is not counted (upstream quota install DefaultIgnoredResources). */
const IGNORED = new Set(['events', 'bindings', 'localsubjectaccessreviews'])

/**
 * Holds namespaces to their quotas: charges what an object is going to use to every quota that counts it, or refuses the object
 * (upstream plugin/resourcequota). Comes last, when nothing else can refuse any more.
 */
export function resourceQuota(server: ApiServer): AdmissionPlugin {
  const quotas = server.resources.of(quotaKind)
  const underWay = new Charges(server)
  /** Requests by which this plugin itself charges. */
  const own = new WeakSet<RequestContext>()
  const isCount = ({ kind, subresource, operation, context }: AdmissionAttributes) =>
    kind === (quotaKind as unknown as Kind) && subresource === 'status' && operation === 'UPDATE' && !own.has(context)
  return {
    name: 'ResourceQuota',
    handles: attributes => isCount(attributes) || charges(attributes),

    async validate(attributes) {
      if (isCount(attributes)) {
        const { kind, object, oldObject } = attributes
        underWay.check(kind, object as ResourceQuota, oldObject as ResourceQuota)
      } else await charge(attributes)
    },
  }

  function charges({ operation, kind, subresource }: AdmissionAttributes): boolean {
    return (
      quotas.cacher.size > 0 &&
      kind.scope === 'Namespaced' &&
      (!subresource || (subresource === 'resize' && kind.plural === 'pods')) &&
      !IGNORED.has(kind.plural) &&
      (operation === 'CREATE' || (operation === 'UPDATE' && usageChanges(kind)))
    )
  }

  async function charge(attributes: AdmissionAttributes): Promise<void> {
    const { namespace, context } = attributes
    const inNamespace = [...quotas.cacher.values()]
      .map(entry => entry.object)
      .filter(({ metadata }) => metadata.namespace === namespace)
    const due = inNamespace.flatMap(quota => chargeFor(quota, attributes, server.clock.now()) ?? [])
    // None is charged unless all have room.
    for (const { quota, delta } of due) charged(quota, delta, attributes)
    if (context.dryRun) return
    const charging = { ...context }
    own.add(charging)
    for (const { quota, delta } of due) {
      const isNew = attributes.operation === 'CREATE'
      const forget = isNew ? underWay.note(quota, attributes.kind, attributes.object!, delta) : () => {}
      await update(
        quotas,
        namespace,
        quota.metadata.name!,
        ({ metadata, ...current }) => ({
          ...current,
          // Without a version the charge is tried again on top of what others have charged meanwhile.
          metadata: { ...metadata, resourceVersion: undefined },
          status: { ...current.status, used: charged({ metadata, ...current }, delta, attributes) },
        }),
        charging,
        { subresource: 'status' },
      ).catch(error => {
        forget()
        // A quota that was deleted meanwhile limits nothing.
        if (!isReason(error, 'NotFound')) throw error
      })
    }
  }
}

/** What a write adds to a quota, where the quota has anything to do with it. */
function chargeFor(
  quota: ResourceQuota,
  { kind, object, oldObject, operation, name }: AdmissionAttributes,
  now: number,
): { quota: ResourceQuota; delta: Usage } | undefined {
  const { hard = {}, used = {} } = quota.status
  const resource = (kind.storedAs?.kind as Kind | undefined) ?? kind
  const limited = Object.keys(hard).filter(limit => isAbout(limit, resource))
  if (limited.length === 0) return undefined
  const counted = (one: KubeObject | undefined): Usage =>
    one && countsObject(quota.spec, one) ? only(usageOf(resource, one, now), limited) : {}
  if (object && !countsObject(quota.spec, object) && !oldObject) return undefined

  const refuse = (why: string) => forbidden(kind, name || (object?.metadata.generateName ?? ''), why)
  if (operation === 'CREATE' && kind.plural === 'pods') {
    const missing = missingResources(object as Pod, limited)
    if (missing.length > 0) throw refuse(`failed quota: ${quota.metadata.name}: must specify ${missing.join('; ')}`)
  }
  const delta = subtractUsage(counted(object), counted(oldObject))
  const changed = Object.keys(delta).filter(resource => quantitySign(delta[resource]!) !== 0)
  if (changed.length === 0) return undefined
  const unknown = changed.filter(resource => used[resource] === undefined)
  if (unknown.length > 0) {
    throw refuse(`status unknown for quota: ${quota.metadata.name}, resources: ${unknown.sort().join(',')}`)
  }
  return { quota, delta: only(delta, changed) }
}

/** What is used of a quota after a charge. Throws where that is too much. */
function charged({ metadata, status }: ResourceQuota, delta: Usage, attributes: AdmissionAttributes): Usage {
  const { hard = {}, used = {} } = status
  const after = addUsage(used, delta)
  const growing = Object.keys(delta).filter(name => quantitySign(delta[name]!) > 0)
  const over = exceeding(only(after, growing), hard)
  if (over.length === 0) return after
  const texts = [
    `exceeded quota: ${metadata.name}`,
    `requested: ${usageText(only(delta, over))}`,
    `used: ${usageText(only(used, over))}`,
    `limited: ${usageText(only(hard, over))}`,
  ]
  const { kind, name, object } = attributes
  throw forbidden(kind, name || (object?.metadata.generateName ?? ''), texts.join(', '))
}
