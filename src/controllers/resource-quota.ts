import { customResourceDefinition } from '../api/apiextensions/index.ts'
import { type ResourceQuota, resourceQuota } from '../api/core/resourcequota.ts'
import { isAbout, usageChanges, usageOf } from '../api/quota/evaluate.ts'
import { countsObject } from '../api/quota/scopes.ts'
import { addUsage, only } from '../api/quota/usage.ts'
import { deepEqual } from '../apimachinery/json.ts'
import { compareQuantities } from '../apimachinery/quantity.ts'
import type { Kind, KubeObject } from '../apimachinery/schema/kind.ts'
import { again, type Controller, keyedController, type ReconcileContext, watching } from '../client/controller.ts'
import { keyOf } from '../client/informer.ts'
import { ANY_KIND, CustomKinds } from './shared/custom-kinds.ts'

/** What is charged on admission and then not stored after all is made up for this often (upstream --resource-quota-sync-period). */
const RESYNC_MS = 300_000
const BY_NAMESPACE = 'namespace'

/**
 * Keeps count of what is used in namespaces with quotas: anew when something has gone or needs less, since admission only ever
 * adds (upstream pkg/controller/resourcequota). `kinds`: all namespaced kinds.
 */
export const resourceQuotaController = (kinds: readonly Kind[]): Controller => {
  const counted = kinds.filter(kind => kind.plural !== 'events')
  const customKinds = new WeakMap<ReconcileContext, CustomKinds>()
  return keyedController({
    name: 'resourcequota',
    watches: [watching(resourceQuota, restated), ...counted.map(kind => watching(kind, released(kind)))],
    reads: [customResourceDefinition as unknown as Kind],
    writes: [
      { kind: ANY_KIND, verbs: ['list', 'watch'] },
      { kind: resourceQuota as unknown as Kind, subresource: 'status', verbs: ['update'] },
    ],
    workers: 5,
    setup(context) {
      context.informer(resourceQuota).addIndex(BY_NAMESPACE, ({ metadata }) => [metadata.namespace!])
      const wake = (kind: Kind) => (object: KubeObject | undefined, previous: KubeObject | undefined) => {
        for (const key of released(kind)(object, previous, context)) context.enqueue(key)
      }
      customKinds.set(context, new CustomKinds(context, wake))
    },

    async sync(key, context) {
      const quota = context.informer(resourceQuota).get(key)
      if (!quota) return undefined
      const hard = quota.spec.hard ?? {}
      const custom = customKinds.get(context)!
      await custom.whenSynced()
      const used = usedOf(quota, [...counted, ...custom.kinds], context)
      if (!same(quota.status.hard, hard) || !same(quota.status.used, used)) {
        await context.client.updateStatus(resourceQuota, { ...quota, status: { hard: { ...hard }, used } })
      }
      return again(RESYNC_MS)
    },
  })
}

/** A quota is new, or says something else. What admission charges to it needs no look. */
const restated = (quota: ResourceQuota | undefined, previous: ResourceQuota | undefined): string[] =>
  quota && (!previous || !deepEqual(quota.spec, previous.spec)) ? [keyOf(quota)] : []

/** The quotas of a namespace in which something may use less than before. */
const released =
  (kind: Kind) =>
  (
    object: KubeObject | undefined,
    previous: KubeObject | undefined,
    { informer, clock }: ReconcileContext,
  ): string[] => {
    const namespace = previous?.metadata.namespace
    if (!previous || !namespace) return []
    const quotas = informer(resourceQuota).byIndex(BY_NAMESPACE, namespace)
    if (quotas.length === 0) return []
    const now = clock.now()
    if (object && (!usageChanges(kind) || deepEqual(usageOf(kind, object, now), usageOf(kind, previous, now))))
      return []
    return quotas.map(keyOf)
  }

function usedOf({ spec, metadata }: ResourceQuota, kinds: readonly Kind[], { informer, clock }: ReconcileContext) {
  const names = Object.keys(spec.hard ?? {})
  const now = clock.now()
  let used: Record<string, string> = Object.fromEntries(names.map(name => [name, '0']))
  for (const kind of kinds) {
    const concerned = names.filter(name => isAbout(name, kind))
    if (concerned.length === 0) continue
    for (const object of informer(kind).list(metadata.namespace)) {
      if (countsObject(spec, object)) used = addUsage(used, only(usageOf(kind, object, now), concerned))
    }
  }
  return used
}

function same(a: Readonly<Record<string, string>> = {}, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every(name => b[name] !== undefined && compareQuantities(a[name]!, b[name]) === 0)
  )
}
