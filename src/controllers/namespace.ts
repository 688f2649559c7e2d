import { customResourceDefinition } from '../api/apiextensions/index.ts'
import { apiService } from '../api/apiregistration/apiservice.ts'
import { type Namespace, namespace } from '../api/core/namespace.ts'
import { pod } from '../api/core/pod.ts'
import { isReason } from '../apimachinery/errors.ts'
import type { Kind, KubeObject } from '../apimachinery/schema/kind.ts'
import type { Client } from '../client/client.ts'
import {
  type Again,
  again,
  type Controller,
  controller,
  type ReconcileContext,
  watching,
} from '../client/controller.ts'
import { deletionConditions, discoveryFailure, type Findings, type Remaining } from './namespace/conditions.ts'
import { discoverAggregated } from './shared/aggregated-kinds.ts'
import { ANY_KIND, CustomKinds } from './shared/custom-kinds.ts'
import { sameStored } from './shared/same.ts'

const FINALIZER = 'kubernetes'
/** What is left is looked at again after this time even if nothing tells that it changed. */
const CHECK_AGAIN_MS = 15_000

/**
 * Empties namespaces that are being deleted, pods first, and lets them go (upstream pkg/controller/namespace, KEP-5080).
 * `kinds`: all namespaced kinds that can be deleted.
 */
export const namespaceController = (kinds: readonly Kind[]): Controller => {
  const customKinds = new WeakMap<ReconcileContext, CustomKinds>()
  return controller({
    name: 'namespace',
    for: namespace,
    watches: kinds.filter(kind => kind.kind !== 'Event').map(kind => watching(kind, leftTerminating)),
    reads: [customResourceDefinition as unknown as Kind, apiService as unknown as Kind],
    writes: [
      { kind: ANY_KIND, verbs: ['get', 'list', 'watch', 'delete', 'deletecollection'] },
      { kind: namespace as unknown as Kind, subresource: 'status', verbs: ['update'] },
      { kind: namespace as unknown as Kind, subresource: 'finalize', verbs: ['update'] },
    ],
    workers: 10,

    setup(context) {
      const wake = (object: KubeObject | undefined, previous: KubeObject | undefined) => {
        const keys = (object ?? previous)!.metadata.namespace ? leftTerminating(object, previous, context) : []
        for (const key of keys) context.enqueue(key)
      }
      customKinds.set(context, new CustomKinds(context, () => wake))
    },

    async reconcile(object: Namespace, context): Promise<Again | undefined> {
      const { metadata, spec } = object
      if (!metadata.deletionTimestamp || !spec.finalizers?.includes(FINALIZER)) return undefined
      const pods = kinds.filter(kind => kind.plural === pod.plural && kind.group === '')
      const custom = customKinds.get(context)!.kinds.filter(kind => kind.scope === 'Namespaced')
      const aggregated = await discoverAggregated(context)
      const remote = aggregated.kinds.filter(kind => kind.scope === 'Namespaced' && canBeEmptied(kind))
      const others = [...kinds.filter(kind => !pods.includes(kind)), ...custom, ...remote]
      let left = await empty(pods, metadata.name!, context)
      if (left.remaining.length === 0 && left.failures.length === 0) left = await empty(others, metadata.name!, context)
      const current = await tell(object, { ...left, undiscovered: aggregated.failures }, context)
      const [failure] = left.failures
      if (failure) throw failure
      // What cannot be asked may have something in the namespace.
      if (aggregated.failures.length > 0) throw new Error(discoveryFailure(aggregated.failures))
      if (left.remaining.length > 0) return again(CHECK_AGAIN_MS)
      await finalize(current, context)
      return undefined
    },
  })
}

/** Something is gone from a namespace that is being deleted: it may be empty now. */
function leftTerminating(
  object: KubeObject | undefined,
  previous: KubeObject | undefined,
  { informer }: ReconcileContext,
): string[] {
  if (object) return []
  const name = previous!.metadata.namespace!
  return informer(namespace).get(name)?.metadata.deletionTimestamp ? [name] : []
}

const canBeEmptied = ({ verbs }: Kind): boolean => verbs.includes('list') && verbs.includes('delete')

interface Left {
  readonly remaining: readonly Remaining[]
  readonly failures: readonly Error[]
}

/** Deletes everything of these kinds; tells what is left, because it takes its time or has finalizers. */
async function empty(kinds: readonly Kind[], namespace: string, { client }: ReconcileContext): Promise<Left> {
  const remaining: Remaining[] = []
  const failures: Error[] = []
  await Promise.all(
    kinds.map(async kind => {
      try {
        if ((await client.list(kind, { namespace })).items.length === 0) return
        await deleteAll(kind, namespace, client)
        const { items } = await client.list(kind, { namespace })
        if (items.length > 0) remaining.push({ resource: `${kind.plural}.${kind.group}`, objects: items })
      } catch (error) {
        failures.push(error as Error)
      }
    }),
  )
  remaining.sort((a, b) => (a.resource < b.resource ? -1 : 1))
  return { remaining, failures }
}

async function deleteAll(kind: Kind, namespace: string, client: Client): Promise<void> {
  if (kind.verbs.includes('deletecollection')) {
    await client.deleteCollection(kind, { namespace }, { propagationPolicy: 'Background' })
    return
  }
  const { items } = await client.list(kind, { namespace })
  for (const { metadata } of items) {
    await client.delete(kind, { metadata }, { propagationPolicy: 'Background' }).catch(error => {
      if (!isReason(error, 'NotFound')) throw error
    })
  }
}

async function tell(object: Namespace, left: Findings, { client, clock }: ReconcileContext): Promise<Namespace> {
  const conditions = deletionConditions(object.status.conditions, left, clock.now())
  const status = { ...object.status, phase: 'Terminating', conditions }
  return sameStored(status, object.status) ? object : client.updateStatus(namespace, { ...object, status })
}

async function finalize(object: Namespace, { client }: ReconcileContext): Promise<void> {
  const finalizers = object.spec.finalizers!.filter(name => name !== FINALIZER)
  try {
    await client.updateSubresource(namespace, { ...object, spec: { ...object.spec, finalizers } }, 'finalize')
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error
  }
}
