import type { Node } from '../api/core/node.ts'
import type { PodInfo } from './pod-info.ts'
import { type Amounts, add, amountsOf, noAmounts } from './resources.ts'

/** A node, the pods on it, and what they take: kept up to date by every event, so that no cycle has to sum anything up. */
export class NodeInfo {
  readonly name: string
  readonly pods = new Map<string, PodInfo>()
  readonly requested: Amounts = noAmounts()
  readonly nonZeroRequested: Amounts = noAmounts()
  allocatable: Amounts = noAmounts()
  /** Sizes of the images on the node in bytes, by name. */
  images: ReadonlyMap<string, number> = new Map()
  /** Pods that have rules about other pods near them. */
  readonly podsWithAffinity = new Map<string, PodInfo>()
  /** How many pods each owner (ReplicaSet, ...) has here, by its UID. */
  readonly #owners = new Map<string, number>()
  /** How many pods use a port, by `protocol/port/ip`. */
  readonly #ports = new Map<string, number>()
  /** Addresses in use, by `protocol/port`. */
  readonly #addresses = new Map<string, Set<string>>()
  #node: Node | undefined

  constructor(name: string) {
    this.name = name
  }

  /** The node; undefined while only its pods are known. */
  get known(): Node | undefined {
    return this.#node
  }
  get node(): Node {
    return this.#node!
  }

  setNode(node: Node | undefined): void {
    this.#node = node
    this.allocatable = amountsOf(node?.status.allocatable ?? node?.status.capacity)
    const images = new Map<string, number>()
    for (const { names, sizeBytes = 0 } of node?.status.images ?? [])
      for (const name of names) images.set(name, sizeBytes)
    this.images = images
  }

  add(info: PodInfo): void {
    this.pods.set(info.uid, info)
    if (hasPodRules(info)) this.podsWithAffinity.set(info.uid, info)
    this.#count(info, 1)
  }

  /** Takes over a pod's new state, which takes as much as the old one. */
  replace(info: PodInfo): void {
    this.pods.set(info.uid, info)
    if (this.podsWithAffinity.has(info.uid)) this.podsWithAffinity.set(info.uid, info)
  }

  remove(uid: string): PodInfo | undefined {
    const info = this.pods.get(uid)
    if (!info) return undefined
    this.pods.delete(uid)
    this.podsWithAffinity.delete(uid)
    this.#count(info, -1)
    return info
  }

  /** How many pods an owner has here. */
  podsOf(ownerUid: string): number {
    return this.#owners.get(ownerUid) ?? 0
  }

  /** Whether a host port is taken; the address 0.0.0.0 stands for all. */
  portInUse(protocol: string, port: number, ip: string): boolean {
    const addresses = this.#addresses.get(`${protocol}/${port}`)
    return !!addresses && (ip === '0.0.0.0' || addresses.has(ip) || addresses.has('0.0.0.0'))
  }

  /** A copy that can be changed to try something out. */
  copy(): NodeInfo {
    const out = new NodeInfo(this.name)
    out.#node = this.#node
    out.allocatable = this.allocatable
    out.images = this.images
    for (const info of this.pods.values()) out.add(info)
    return out
  }

  #count(info: PodInfo, times: 1 | -1): void {
    add(this.requested, info.requests, times)
    add(this.nonZeroRequested, info.nonZeroRequests, times)
    if (info.ownerUid) change(this.#owners, info.ownerUid, times)
    for (const { protocol, port, ip } of info.hostPorts) {
      const [place, key] = [`${protocol}/${port}`, `${protocol}/${port}/${ip}`]
      const users = (this.#ports.get(key) ?? 0) + times
      if (users > 0) this.#ports.set(key, users)
      else this.#ports.delete(key)
      const addresses = this.#addresses.get(place) ?? new Set()
      if (users > 0) addresses.add(ip)
      else addresses.delete(ip)
      if (addresses.size > 0) this.#addresses.set(place, addresses)
      else this.#addresses.delete(place)
    }
  }
}

/** Changes a count; what comes to nothing is forgotten. */
export function change(counts: Map<string, number>, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by
  if (count > 0) counts.set(key, count)
  else counts.delete(key)
}

const hasPodRules = ({ pod }: PodInfo): boolean => {
  const affinity = pod.spec.affinity
  return affinity?.podAffinity !== undefined || affinity?.podAntiAffinity !== undefined
}
