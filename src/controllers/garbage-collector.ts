import { customResourceDefinition } from '../api/apiextensions/index.ts'
import { apiService } from '../api/apiregistration/apiservice.ts'
import { anySignal } from '../apimachinery/abort.ts'
import { sleep } from '../apimachinery/clock.ts'
import { isReason } from '../apimachinery/errors.ts'
import type { OwnerReference } from '../apimachinery/meta/object-meta.ts'
import type { Kind, KubeObject } from '../apimachinery/schema/kind.ts'
import { type Controller, keyedController, type ReconcileContext } from '../client/controller.ts'
import {
  FOREGROUND,
  Graph,
  type GraphNode,
  isDeleting,
  isOrphaning,
  isWaiting,
  ORPHAN,
  ownersOf,
} from './garbage-collector/graph.ts'
import { AggregatedKinds } from './shared/aggregated-kinds.ts'
import { ANY_KIND, CustomKinds } from './shared/custom-kinds.ts'
import { storedAs } from './shared/stored-kinds.ts'
import type { WatchedKinds } from './shared/watched-kinds.ts'

const WORKERS = 20
/** How many owners known to be gone are kept in mind. */
const MAX_ABSENT = 500
/** How long to wait for the first list of a custom resource, whose webhook may be down, or of an extension server. */
const OTHERS_SYNC_MS = 10_000

/**
 * Deletes objects whose owners are all gone; lets owners that are deleted in the foreground wait for their dependents, and
 * orphans dependents where that is asked for (upstream pkg/controller/garbagecollector). `kinds`: all that are stored.
 */
export function garbageCollector(kinds: readonly Kind[]): Controller {
  const collectors = new WeakMap<ReconcileContext, Collector>()
  return keyedController({
    name: 'generic-garbage-collector',
    account: 'generic-garbage-collector',
    reads: [...kinds, customResourceDefinition as unknown as Kind, apiService as unknown as Kind],
    writes: [{ kind: ANY_KIND, verbs: ['get', 'list', 'watch', 'patch', 'update', 'delete'] }],
    workers: WORKERS,
    setup(context) {
      const collector = new Collector(kinds)
      collectors.set(context, collector)
      collector.connect(context)
    },
    sync: (uid, context) => collectors.get(context)!.look(uid, context),
  })
}

/** The owners of an object, by what they mean for it. */
interface Owners {
  readonly solid: readonly OwnerReference[]
  readonly gone: readonly OwnerReference[]
  readonly waiting: readonly OwnerReference[]
}

class Collector {
  readonly #kinds: readonly Kind[]
  readonly #graph = new Graph()
  readonly #absent = new Set<string>()
  /** Kinds that come and go. */
  #others: readonly WatchedKinds[] = []

  constructor(kinds: readonly Kind[]) {
    this.#kinds = kinds
  }

  connect(context: ReconcileContext): void {
    const changed = (kind: Kind) => (object: KubeObject | undefined, previous: KubeObject | undefined) => {
      for (const uid of this.#graph.change(kind, object, previous)) context.enqueue(uid)
    }
    for (const kind of this.#kinds) context.informer(kind).onChange(changed(kind))
    this.#others = [new CustomKinds(context, changed), new AggregatedKinds(context, changed)]
  }

  async look(uid: string, context: ReconcileContext): Promise<void> {
    const first = this.#graph.get(uid)?.object
    if (first && (isOrphaning(first) || isWaiting(first)) && !this.#others.every(one => one.synced))
      await this.#settled(context)
    const node = this.#graph.get(uid)
    if (!node) return
    if (isOrphaning(node.object)) return this.#orphan(node, context)
    if (isWaiting(node.object)) return this.#wait(node, context)
    if (isDeleting(node.object) || ownersOf(node.object).length === 0) return
    await this.#judge(node, await this.#classify(node, context), context)
  }

  async #judge(node: GraphNode, { solid, gone, waiting }: Owners, context: ReconcileContext): Promise<void> {
    const { object } = node
    if (solid.length > 0) {
      if (gone.length + waiting.length > 0) await dropOwners(node, [...gone, ...waiting], context)
      return
    }
    const dependents = [...this.#graph.dependentsOf(object.metadata.uid!)].map(uid => this.#graph.get(uid))
    if (waiting.length > 0 && dependents.length > 0) {
      // A ring of owners would wait for itself for ever.
      const ring = dependents.some(dependent => dependent && isWaiting(dependent.object))
      if (ring) await unblock(node, context)
      await remove(node, 'Foreground', context)
      return
    }
    const finalizers = object.metadata.finalizers ?? []
    const policy = finalizers.includes(ORPHAN)
      ? 'Orphan'
      : finalizers.includes(FOREGROUND)
        ? 'Foreground'
        : 'Background'
    await remove(node, policy, context)
  }

  async #classify(node: GraphNode, context: ReconcileContext): Promise<Owners> {
    const solid: OwnerReference[] = []
    const gone: OwnerReference[] = []
    const waiting: OwnerReference[] = []
    for (const owner of ownersOf(node.object)) {
      const found = await this.#findOwner(node, owner, context)
      if (found === 'gone') gone.push(owner)
      else if (found !== 'unknown' && isWaiting(found)) waiting.push(owner)
      else solid.push(owner)
    }
    return { solid, gone, waiting }
  }

  /** The owner; 'unknown' when nothing can be said of it, so that the object must stay. */
  async #findOwner(
    { object, kind }: GraphNode,
    owner: OwnerReference,
    context: ReconcileContext,
  ): Promise<KubeObject | 'gone' | 'unknown'> {
    const ownerKind =
      this.#known.find(k => k.apiVersion === owner.apiVersion && k.kind === owner.kind) ?? this.#like(owner)
    if (!ownerKind) return 'unknown'
    const { namespace } = object.metadata
    if (ownerKind.scope === 'Namespaced' && kind.scope === 'Cluster') {
      tellInvalid(object, owner, context)
      return 'unknown'
    }
    const scope = ownerKind.scope === 'Namespaced' ? namespace : undefined
    const known = this.#graph.get(owner.uid)
    if (known && known.object.metadata.namespace === scope && known.object.metadata.name === owner.name)
      return known.object
    if (this.#absent.has(`${scope} ${owner.uid}`)) return 'gone'
    try {
      const fresh: KubeObject = await context.client.get(ownerKind, { namespace: scope, name: owner.name })
      if (fresh.metadata.uid === owner.uid) return fresh
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error
    }
    if (known) tellInvalid(object, owner, context)
    if (this.#absent.size >= MAX_ABSENT) this.#absent.delete(this.#absent.values().next().value!)
    this.#absent.add(`${scope} ${owner.uid}`)
    return 'gone'
  }

  get #known(): readonly Kind[] {
    return [...this.#kinds, ...this.#others.flatMap(({ kinds }) => kinds)]
  }

  /** Waits until the objects of kinds that have just come are known, which may belong to what is being deleted. */
  async #settled({ clock, signal }: ReconcileContext): Promise<void> {
    const end = new AbortController()
    const tooLong = sleep(clock, OTHERS_SYNC_MS, anySignal(signal, end.signal)).catch(() => {})
    await Promise.race([Promise.all(this.#others.map(one => one.whenSynced())), tooLong])
    end.abort()
  }

  /** The same kind in another version, of its group or of one that it was in before. */
  #like({ apiVersion, kind }: OwnerReference): Kind | undefined {
    const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : ''
    return this.#known.find(k => k.group === group && k.kind === kind) ?? storedAs(apiVersion, kind)
  }

  /** Deleted in the foreground: goes when no dependent blocks it any more. */
  async #wait(node: GraphNode, context: ReconcileContext): Promise<void> {
    const uid = node.object.metadata.uid!
    let blocked = false
    for (const dependentUid of this.#graph.dependentsOf(uid)) {
      const dependent = this.#graph.get(dependentUid)
      if (!dependent) continue
      blocked ||= ownersOf(dependent.object).some(o => o.uid === uid && o.blockOwnerDeletion)
      if (!isDeleting(dependent.object)) context.enqueue(dependentUid)
    }
    if (!blocked) await dropFinalizer(node, FOREGROUND, context)
  }

  async #orphan(node: GraphNode, context: ReconcileContext): Promise<void> {
    const uid = node.object.metadata.uid!
    const dependents = [...this.#graph.dependentsOf(uid)].map(dependent => this.#graph.get(dependent))
    await Promise.all(
      dependents.map(async dependent => {
        const own = dependent && ownersOf(dependent.object).filter(owner => owner.uid === uid)
        if (own) await dropOwners(dependent, own, context)
      }),
    )
    await dropFinalizer(node, ORPHAN, context)
  }
}

function tellInvalid(object: KubeObject, owner: OwnerReference, { events }: ReconcileContext): void {
  const { apiVersion, kind, name, uid } = owner
  const text = `[${apiVersion}/${kind}, namespace: ${object.metadata.namespace ?? ''}, name: ${name}, uid: ${uid}]`
  const message = `ownerRef ${text} does not exist in namespace ${JSON.stringify(object.metadata.namespace ?? '')}`
  events.warning(object, 'OwnerRefInvalidNamespace', message)
}

async function remove(
  { kind, object }: GraphNode,
  propagationPolicy: 'Foreground' | 'Background' | 'Orphan',
  { client }: ReconcileContext,
) {
  const { metadata } = object
  const preconditions = { uid: metadata.uid }
  await ignoringGone(client.delete(kind, { metadata }, { propagationPolicy, preconditions }))
}

async function dropOwners(
  { kind, object: { metadata } }: GraphNode,
  owners: readonly OwnerReference[],
  { client }: ReconcileContext,
) {
  const { uid, resourceVersion } = metadata
  if (kind.custom) {
    // No strategic merge patch: what is left is written as a whole.
    const left = metadata.ownerReferences!.filter(one => !owners.some(owner => owner.uid === one.uid))
    const whole = { metadata: { uid, resourceVersion, ownerReferences: left } }
    await ignoringGone(client.patch(kind, metadata, 'merge', whole))
    return
  }
  const ownerReferences = owners.map(owner => ({ $patch: 'delete', uid: owner.uid }))
  await ignoringGone(client.patch(kind, metadata, 'strategic', { metadata: { uid, ownerReferences } }))
}

async function unblock({ kind, object: { metadata } }: GraphNode, { client }: ReconcileContext): Promise<void> {
  const ownerReferences = metadata.ownerReferences!.map(owner => ({ ...owner, blockOwnerDeletion: false }))
  const { uid, resourceVersion } = metadata
  await ignoringGone(client.patch(kind, metadata, 'merge', { metadata: { uid, resourceVersion, ownerReferences } }))
}

async function dropFinalizer({ kind, object: { metadata } }: GraphNode, name: string, { client }: ReconcileContext) {
  const finalizers = metadata.finalizers!.filter(finalizer => finalizer !== name)
  const { uid, resourceVersion } = metadata
  await ignoringGone(client.patch(kind, metadata, 'merge', { metadata: { uid, resourceVersion, finalizers } }))
}

async function ignoringGone(work: Promise<unknown>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error
  }
}
