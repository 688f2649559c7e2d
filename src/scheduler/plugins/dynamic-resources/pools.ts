import type { Node } from '../../../api/core/node.ts'
import { compileNodeSelector, type NodeTest } from '../../../api/core/node-selector.ts'
import type { NodeSelector } from '../../../api/core/pod/affinity.ts'
import type { CounterSet, Device } from '../../../api/resource/device.ts'
import type { ResourceSlice } from '../../../api/resource/resourceslice.ts'
import type { Informer } from '../../../client/informer.ts'
import { poolId } from './device-id.ts'

/** A device that a node can use. */
export interface PoolDevice {
  readonly pool: Pool
  readonly slice: ResourceSlice
  readonly device: Device
}

/** The newest generation of a pool, as far as it is there for a node. */
export interface Pool {
  readonly id: string
  /** Those that the node can use; empty for a pool that is not to be used now. */
  readonly devices: readonly PoolDevice[]
  /** Some of its slices are not there yet. */
  readonly incomplete?: boolean
  /** What is wrong with it. */
  readonly invalid?: string
  readonly counterSets: ReadonlyMap<string, CounterSet>
}

const BY_NODE = 'dynamic-resources/node'
const BY_POOL = 'dynamic-resources/pool'
/** Stands for the node of slices that do not name one. */
const ANY = ''

interface Nodes {
  readonly nodeName?: string
  readonly nodeSelector?: NodeSelector
  readonly allNodes?: boolean
}

const sliceKey = ({ spec }: ResourceSlice) => poolId({ driver: spec.driver, pool: spec.pool.name })
const byName = (a: ResourceSlice, b: ResourceSlice) => (a.metadata.name! < b.metadata.name! ? -1 : 1)

/** The pools of devices, node by node (upstream dynamic-resource-allocation/structured GatherPools). */
export class Pools {
  readonly #slices: Informer<ResourceSlice>
  readonly #selectors = new WeakMap<NodeSelector, NodeTest>()

  constructor(slices: Informer<ResourceSlice>) {
    this.#slices = slices
    slices.addIndex(BY_NODE, ({ spec }) => [spec.nodeName ?? ANY])
    slices.addIndex(BY_POOL, slice => [sliceKey(slice)])
  }

  /** All that a node can use, in the order of their names. */
  of(node: Node): Pool[] {
    const own = this.#slices.byIndex(BY_NODE, node.metadata.name!)
    const others = this.#slices.byIndex(BY_NODE, ANY).filter(slice => this.#concerns(slice, node))
    const ids = new Set([...own, ...others].map(sliceKey))
    const pools: Pool[] = []
    for (const id of [...ids].sort()) {
      const pool = this.#pool(id, node, new Set([...own, ...others]))
      if (pool) pools.push(pool)
    }
    return pools
  }

  /** All slices of a pool's newest generation, in the order of their names. */
  slicesOf(id: string): ResourceSlice[] {
    const all = this.#slices.byIndex(BY_POOL, id)
    const newest = Math.max(...all.map(({ spec }) => spec.pool.generation))
    return all.filter(({ spec }) => spec.pool.generation === newest).sort(byName)
  }

  #pool(id: string, node: Node, usable: ReadonlySet<ResourceSlice>): Pool | undefined {
    const slices = this.slicesOf(id)
    // What is there for the node is of an older generation: its devices are being replaced.
    if (!slices.some(slice => usable.has(slice))) return undefined
    const sets = slices.flatMap(({ spec }) => spec.sharedCounters ?? [])
    const counterSets = new Map(sets.map(set => [set.name, set]))
    if (slices.length !== slices[0]!.spec.pool.resourceSliceCount) {
      return { id, devices: [], incomplete: true, counterSets }
    }
    const invalid = faultOf(slices, usable, sets, counterSets)
    if (invalid) return { id, devices: [], invalid, counterSets }
    const devices: PoolDevice[] = []
    const pool: Pool = { id, devices, counterSets }
    for (const slice of slices) {
      if (!usable.has(slice)) continue
      for (const device of slice.spec.devices ?? []) {
        if (slice.spec.perDeviceNodeSelection && !this.#allows(device, node)) continue
        devices.push({ pool, slice, device })
      }
    }
    return pool
  }

  /** Whether a slice that names no node has something for this one. Counters are there for all. */
  #concerns({ spec }: ResourceSlice, node: Node): boolean {
    if (spec.sharedCounters?.length) return true
    if (!spec.perDeviceNodeSelection) return this.#allows(spec, node)
    return (spec.devices ?? []).some(device => this.#allows(device, node))
  }

  #allows({ nodeName, nodeSelector, allNodes }: Nodes, node: Node): boolean {
    if (nodeName) return nodeName === node.metadata.name
    if (allNodes) return true
    if (!nodeSelector) return false
    let matches = this.#selectors.get(nodeSelector)
    if (!matches) {
      matches = compileNodeSelector(nodeSelector)
      this.#selectors.set(nodeSelector, matches)
    }
    return matches(node)
  }
}

function faultOf(
  slices: readonly ResourceSlice[],
  usable: ReadonlySet<ResourceSlice>,
  sets: readonly CounterSet[],
  counterSets: ReadonlyMap<string, CounterSet>,
): string | undefined {
  const names = new Set<string>()
  for (const slice of slices) {
    if (!usable.has(slice)) continue
    for (const { name } of slice.spec.devices ?? []) {
      if (names.has(name)) return `duplicate device name ${name}`
      names.add(name)
    }
  }
  const double = sets.find(set => counterSets.get(set.name) !== set)
  if (double) return `duplicate counter set name ${double.name}`
  for (const { consumesCounters = [] } of slices.flatMap(({ spec }) => spec.devices ?? [])) {
    for (const { counterSet, counters } of consumesCounters) {
      const set = counterSets.get(counterSet)
      if (!set) return `counter set ${counterSet} not found`
      const missing = Object.keys(counters).find(name => !(name in set.counters))
      if (missing) return `counter ${missing} not found in counter set ${counterSet}`
    }
  }
  return undefined
}
