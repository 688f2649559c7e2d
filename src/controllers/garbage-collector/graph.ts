import type { OwnerReference } from '../../apimachinery/meta/object-meta.ts'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'

/** An object in the graph of owners. */
export interface GraphNode {
  readonly kind: Kind
  readonly object: KubeObject
}

const NONE: ReadonlySet<string> = new Set()
export const ownersOf = ({ metadata }: KubeObject): readonly OwnerReference[] => metadata.ownerReferences ?? []

export const isDeleting = ({ metadata }: KubeObject): boolean => metadata.deletionTimestamp !== undefined
const deletingWith = (finalizer: string) => (object: KubeObject) =>
  isDeleting(object) && !!object.metadata.finalizers?.includes(finalizer)
export const FOREGROUND = 'foregroundDeletion'
export const ORPHAN = 'orphan'
/** Waits for those that block its deletion. */
export const isWaiting = deletingWith(FOREGROUND)
/** Lets go of those it owns before it goes. */
export const isOrphaning = deletingWith(ORPHAN)

/** Who owns whom, over all kinds, by UID. Every change costs as much as the owners it names. */
export class Graph {
  readonly #nodes = new Map<string, GraphNode>()
  readonly #dependents = new Map<string, Set<string>>()

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid)
  }

  /** UIDs of the objects that name this one as an owner. */
  dependentsOf(uid: string): ReadonlySet<string> {
    return this.#dependents.get(uid) ?? NONE
  }

  /** Takes one change in. Answers with the UIDs that have to be looked at because of it. */
  change(kind: Kind, object: KubeObject | undefined, previous: KubeObject | undefined): Set<string> {
    const concerned = new Set<string>()
    if (previous && previous.metadata.uid !== object?.metadata.uid) this.#remove(previous, concerned)
    if (object) this.#put(kind, object, concerned)
    return concerned
  }

  #put(kind: Kind, object: KubeObject, concerned: Set<string>): void {
    const uid = object.metadata.uid!
    const before = this.#nodes.get(uid)?.object
    this.#nodes.set(uid, { kind, object })
    const owners = ownersOf(object)
    if (before && sameOwners(ownersOf(before), owners)) {
      if (isDeleting(object) && (!isDeleting(before) || finalizersOf(before) !== finalizersOf(object)))
        concerned.add(uid)
      return
    }
    for (const owner of before ? ownersOf(before) : []) {
      this.#unlink(uid, owner.uid)
      concerned.add(owner.uid)
    }
    for (const owner of owners) {
      const dependents = this.#dependents.get(owner.uid)
      if (dependents) dependents.add(uid)
      else this.#dependents.set(owner.uid, new Set([uid]))
      const known = this.#nodes.get(owner.uid)
      if (!known || isWaiting(known.object) || isElsewhere(known, object, owner)) concerned.add(uid)
    }
    if (isDeleting(object)) concerned.add(uid)
  }

  #remove(object: KubeObject, concerned: Set<string>): void {
    const uid = object.metadata.uid!
    const known = this.#nodes.get(uid)
    this.#nodes.delete(uid)
    for (const owner of ownersOf(known?.object ?? object)) {
      this.#unlink(uid, owner.uid)
      if (this.#nodes.has(owner.uid)) concerned.add(owner.uid)
    }
    for (const dependent of this.dependentsOf(uid)) concerned.add(dependent)
  }

  #unlink(uid: string, owner: string): void {
    const dependents = this.#dependents.get(owner)
    dependents?.delete(uid)
    if (dependents?.size === 0) this.#dependents.delete(owner)
  }
}

/** Whether what has the owner's UID is not what the reference names: another name, or another namespace. */
const isElsewhere = ({ kind, object }: GraphNode, { metadata }: KubeObject, owner: OwnerReference): boolean =>
  object.metadata.name !== owner.name ||
  (kind.scope === 'Namespaced' && object.metadata.namespace !== metadata.namespace)

const finalizersOf = ({ metadata }: KubeObject): string => metadata.finalizers?.join() ?? ''
const sameOwners = (a: readonly OwnerReference[], b: readonly OwnerReference[]): boolean =>
  a === b ||
  (a.length === b.length &&
    a.every((owner, i) => owner.uid === b[i]!.uid && owner.blockOwnerDeletion === b[i]!.blockOwnerDeletion))
