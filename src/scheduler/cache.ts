import type { Node } from '../api/core/node.ts'
import type { Pod } from '../api/core/pod.ts'
import { change, NodeInfo } from './node-info.ts'
import { PodInfo } from './pod-info.ts'

/**
 * The nodes and the pods on them, as the scheduler believes them to be: what the informers say, and besides the pods it has
 * placed whose binding is still under way ("assumed"). Every change costs as much as the change, not as the cluster.
 */
export class Cache {
  /** Nodes in no particular order. */
  readonly nodes: NodeInfo[] = []
  readonly #byName = new Map<string, NodeInfo>()
  readonly #position = new Map<string, number>()
  /** Where each pod counts, by UID. */
  readonly #places = new Map<string, NodeInfo>()
  readonly #assumed = new Set<string>()
  /** On how many nodes an image is. */
  readonly #imageNodes = new Map<string, number>()
  /** How many placed pods each owner has, by its UID. */
  readonly #owners = new Map<string, number>()
  /** How many placed pods have rules about other pods. */
  #podsWithAffinity = 0
  /** Changes with everything but the assumption of pods: tells whether earlier results still hold. */
  version = 0

  node(name: string): NodeInfo | undefined {
    const info = this.#byName.get(name)
    return info?.known && info
  }
  get hasPodRules(): boolean {
    return this.#podsWithAffinity > 0
  }
  /** On how many nodes an image is. */
  nodesWithImage(name: string): number {
    return this.#imageNodes.get(name) ?? 0
  }
  /** How many placed pods an owner has. */
  podsOf(ownerUid: string): number {
    return this.#owners.get(ownerUid) ?? 0
  }
  placed(uid: string): boolean {
    return this.#places.has(uid)
  }

  setNode(node: Node): void {
    const info = this.#of(node.metadata.name!)
    this.#countImages(info, -1)
    if (!info.known) {
      this.#position.set(info.name, this.nodes.length)
      this.nodes.push(info)
    }
    info.setNode(node)
    this.#countImages(info, 1)
    this.version++
  }

  removeNode(name: string): void {
    const info = this.#byName.get(name)
    if (!info?.known) return
    this.#countImages(info, -1)
    info.setNode(undefined)
    const at = this.#position.get(name)!
    const last = this.nodes.pop()!
    if (last !== info) {
      this.nodes[at] = last
      this.#position.set(last.name, at)
    }
    this.#position.delete(name)
    this.#dropIfEmpty(info)
    this.version++
  }

  /**
   * A pod that is on a node, new or changed. Confirms an assumed one. What does not concern scheduling, as its status, is
   * taken over without counting anew.
   */
  setPod(pod: Pod): void {
    const uid = pod.metadata.uid!
    this.#assumed.delete(uid)
    const place = this.#places.get(uid)
    const old = place?.pods.get(uid)
    if (old && place!.name === pod.spec.nodeName && sameForOthers(old.pod, pod)) {
      place!.replace(old.with(pod))
      return
    }
    if (old) this.removePod(uid)
    this.#place(new PodInfo(pod), pod.spec.nodeName!)
    this.version++
  }

  removePod(uid: string): void {
    const place = this.#places.get(uid)
    if (!place) return
    if (place.podsWithAffinity.has(uid)) this.#podsWithAffinity--
    const { ownerUid } = place.remove(uid)!
    if (ownerUid) change(this.#owners, ownerUid, -1)
    this.#places.delete(uid)
    this.#assumed.delete(uid)
    this.#dropIfEmpty(place)
    this.version++
  }

  /** Counts a pod on a node before its binding is known to all. */
  assume(info: PodInfo, nodeName: string): void {
    this.#assumed.add(info.uid)
    this.#place(info, nodeName)
  }
  /** Takes an assumption back. */
  forget(uid: string): void {
    if (this.#assumed.has(uid)) this.removePod(uid)
  }

  #place(info: PodInfo, nodeName: string): void {
    const node = this.#of(nodeName)
    node.add(info)
    if (info.ownerUid) change(this.#owners, info.ownerUid, 1)
    this.#places.set(info.uid, node)
    if (node.podsWithAffinity.has(info.uid)) this.#podsWithAffinity++
  }

  #of(name: string): NodeInfo {
    let info = this.#byName.get(name)
    if (!info) {
      info = new NodeInfo(name)
      this.#byName.set(name, info)
    }
    return info
  }

  #dropIfEmpty(info: NodeInfo): void {
    if (!info.known && info.pods.size === 0) this.#byName.delete(info.name)
  }

  #countImages(info: NodeInfo, by: 1 | -1): void {
    for (const name of info.images.keys()) {
      change(this.#imageNodes, name, by)
    }
  }
}

/** Whether two states of a pod look the same to the pods that are placed after it. */
const sameForOthers = (a: Pod, b: Pod): boolean =>
  (a.spec === b.spec || a.metadata.generation === b.metadata.generation || !a.spec.nodeName) &&
  JSON.stringify(a.metadata.labels) === JSON.stringify(b.metadata.labels) &&
  !a.metadata.deletionTimestamp === !b.metadata.deletionTimestamp
