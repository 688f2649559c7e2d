import type { Node } from '../api/core/node.ts'
import type { Pod } from '../api/core/pod.ts'
import { change, NodeInfo } from './node-info.ts'
import { PodInfo } from './pod-info.ts'
import { PodRules } from './pod-rules.ts'
import { type PodSort, Tallies } from './tallies.ts'
import type { Counts } from './tally.ts'

const ZONE = 'topology.kubernetes.io/zone'

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
  /** How many placed pods use each claim. */
  readonly #claims = new Map<string, number>()
  /** How many placed pods each owner has, by its UID and zone. */
  readonly #ownerZones = new Map<string, Map<string, number>>()
  readonly #tallies = new Tallies(() => this.version++)
  /** What placed pods say of other pods. */
  readonly rules = new PodRules(() => this.version++)
  /** Changes with nodes and rules, not with what pods take: tells whether earlier results still hold. */
  version = 0
  readonly #onUse: ((node: NodeInfo) => void)[] = []

  node(name: string): NodeInfo | undefined {
    const info = this.#byName.get(name)
    return info?.known && info
  }
  /** `listener` is called with every node on which there is a pod more or less. */
  onUse(listener: (node: NodeInfo) => void): void {
    this.#onUse.push(listener)
  }
  /** How many pods of a sort there are in each part of the cluster; kept up to date until `version` changes. */
  tally(sort: PodSort): Counts {
    return this.#tallies.of(sort, this.nodes)
  }
  /** Labels of a namespace have changed, and with them what namespace selectors select. */
  namespacesChanged(): void {
    this.#tallies.clear()
    this.version++
  }
  /** On how many nodes an image is. */
  nodesWithImage(name: string): number {
    return this.#imageNodes.get(name) ?? 0
  }
  /** How many placed pods an owner has. */
  podsOf(ownerUid: string): number {
    return this.#owners.get(ownerUid) ?? 0
  }
  /** How many placed pods use a claim. */
  podsWithClaim(key: string): number {
    return this.#claims.get(key) ?? 0
  }
  /** How many placed pods an owner has in each zone. */
  ownerByZone(ownerUid: string): ReadonlyMap<string, number> | undefined {
    return this.#ownerZones.get(ownerUid)
  }
  placed(uid: string): boolean {
    return this.#places.has(uid)
  }

  setNode(node: Node): void {
    const info = this.#of(node.metadata.name!)
    if (info.known) this.#leave(info)
    else {
      this.#position.set(info.name, this.nodes.length)
      this.nodes.push(info)
    }
    info.setNode(node)
    this.#countImages(info, 1)
    this.#tallies.join(info)
    for (const pod of info.pods.values()) this.#countZone(pod, info, 1)
    for (const { pod } of info.podsWithAffinity.values()) this.rules.changePod(pod, info, 1)
    this.version++
  }

  removeNode(name: string): void {
    const info = this.#byName.get(name)
    if (!info?.known) return
    this.#leave(info)
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
  }

  removePod(uid: string): void {
    const place = this.#places.get(uid)
    if (!place) return
    const info = place.pods.get(uid)!
    this.#count(info, place, -1)
    place.remove(uid)
    if (info.ownerUid) change(this.#owners, info.ownerUid, -1)
    for (const key of info.claimKeys) change(this.#claims, key, -1)
    this.#places.delete(uid)
    this.#assumed.delete(uid)
    for (const listener of this.#onUse) listener(place)
    this.#dropIfEmpty(place)
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
    for (const key of info.claimKeys) change(this.#claims, key, 1)
    this.#places.set(info.uid, node)
    this.#count(info, node, 1)
    for (const listener of this.#onUse) listener(node)
  }

  /** Takes a pod on a node into the counts by topology, or out of them; while the node is not known nothing is counted. */
  #count(info: PodInfo, node: NodeInfo, by: 1 | -1): void {
    if (!node.known) return
    const { pod } = info
    this.#tallies.changePod(pod, node, by)
    this.#countZone(info, node, by)
    if (node.podsWithAffinity.has(info.uid)) this.rules.changePod(pod, node, by)
  }

  /** Takes a node, as it is still, out of the counts. */
  #leave(info: NodeInfo): void {
    this.#countImages(info, -1)
    this.#tallies.leave(info)
    for (const pod of info.pods.values()) this.#countZone(pod, info, -1)
    for (const { pod } of info.podsWithAffinity.values()) this.rules.changePod(pod, info, -1)
  }

  #countZone({ ownerUid }: PodInfo, { node }: NodeInfo, by: 1 | -1): void {
    const zone = node.metadata.labels?.[ZONE]
    if (!ownerUid || zone === undefined) return
    const zones = this.#ownerZones.get(ownerUid) ?? new Map<string, number>()
    change(zones, zone, by)
    if (zones.size === 0) this.#ownerZones.delete(ownerUid)
    else this.#ownerZones.set(ownerUid, zones)
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
