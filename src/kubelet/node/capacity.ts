import { compareQuantities, quantityFrom, subtractQuantities } from '../../apimachinery/quantity.ts'
import type { KubeletSettings } from '../options.ts'
import type { Machine } from './machine.ts'

type ResourceList = Record<string, string>

const ki = (bytes: number) => `${Math.floor(bytes / 1024)}Ki`

/** What is kept back so that eviction has room to act: 100Mi of memory, a tenth of the disk (upstream's defaults). */
const MEMORY_RESERVE = '100Mi'
const STORAGE_SHARE = 0.9

/** All that the node has. */
export function capacityOf({ cpus, memory, storage }: Machine, { maxPods, capacity }: KubeletSettings): ResourceList {
  return {
    cpu: quantityFrom(cpus),
    'ephemeral-storage': ki(storage),
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    memory: ki(memory),
    pods: quantityFrom(maxPods),
    ...capacity,
  }
}

/** What pods may use of it. */
export function allocatableOf(
  capacity: ResourceList,
  machine: Machine,
  { reserved = {} }: KubeletSettings,
): ResourceList {
  const out: ResourceList = { ...capacity }
  out['ephemeral-storage'] = quantityFrom(Math.floor(machine.storage * STORAGE_SHARE))
  if (compareQuantities(out.memory!, MEMORY_RESERVE) > 0) out.memory = subtractQuantities(out.memory!, MEMORY_RESERVE)
  for (const [name, amount] of Object.entries(reserved)) {
    if (!out[name]) continue
    out[name] = compareQuantities(out[name], amount) > 0 ? subtractQuantities(out[name], amount) : '0'
  }
  return out
}
