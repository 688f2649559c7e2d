import { isSidecar } from '../api/core/pod/container-rules.ts'
import type { PodSpec } from '../api/core/pod/spec.ts'
import { quantityMilliValue, quantityValue } from '../apimachinery/quantity.ts'

/** Amounts of resources, as numbers that are cheap to compare. */
export interface Amounts {
  milliCpu: number
  /** Bytes. */
  memory: number
  /** Bytes. */
  ephemeralStorage: number
  pods: number
  /** Everything else: extended resources, huge pages. */
  readonly other: Map<string, number>
}

type ResourceList = Readonly<Record<string, string>>

/** What a container counts for in scoring where it asks for nothing (upstream util.GetNonzeroRequests). */
const DEFAULT_MILLI_CPU = 100
const DEFAULT_MEMORY = 200 * 1024 * 1024

export const noAmounts = (): Amounts => ({ milliCpu: 0, memory: 0, ephemeralStorage: 0, pods: 0, other: new Map() })

export function amountsOf(list: ResourceList = {}): Amounts {
  const out = noAmounts()
  for (const name in list) {
    const value = list[name]!
    if (name === 'cpu') out.milliCpu = quantityMilliValue(value)
    else if (name === 'memory') out.memory = quantityValue(value)
    else if (name === 'ephemeral-storage') out.ephemeralStorage = quantityValue(value)
    else if (name === 'pods') out.pods = quantityValue(value)
    else out.other.set(name, quantityValue(value))
  }
  return out
}

/** Adds `times` x `b` to `a`, in place. */
export function add(a: Amounts, b: Amounts, times: 1 | -1 = 1): void {
  a.milliCpu += times * b.milliCpu
  a.memory += times * b.memory
  a.ephemeralStorage += times * b.ephemeralStorage
  for (const [name, value] of b.other) a.other.set(name, (a.other.get(name) ?? 0) + times * value)
}

function raise(a: Amounts, b: Amounts): void {
  a.milliCpu = Math.max(a.milliCpu, b.milliCpu)
  a.memory = Math.max(a.memory, b.memory)
  a.ephemeralStorage = Math.max(a.ephemeralStorage, b.ephemeralStorage)
  for (const [name, value] of b.other) a.other.set(name, Math.max(a.other.get(name) ?? 0, value))
}

/**
 * What a pod needs of its node: the sum of its containers and sidecars, or what the most demanding moment of initialization
 * needs if that is more; what is stated for the pod as a whole goes before that; and the runtime's overhead.
 * `nonZero`: containers that ask for no CPU or memory count with a default.
 */
export function podRequests(spec: PodSpec, nonZero = false): Amounts {
  const total = noAmounts()
  const own = (list: ResourceList | undefined) => {
    const amounts = amountsOf(list)
    if (nonZero && list?.cpu === undefined) amounts.milliCpu = DEFAULT_MILLI_CPU
    if (nonZero && list?.memory === undefined) amounts.memory = DEFAULT_MEMORY
    return amounts
  }
  for (const { resources } of spec.containers) add(total, own(resources.requests))
  if (spec.initContainers) {
    const sidecars = noAmounts()
    const starting = noAmounts()
    for (const container of spec.initContainers) {
      const needed = own(container.resources.requests)
      add(needed, sidecars)
      raise(starting, needed)
      if (!isSidecar(container)) continue
      const request = own(container.resources.requests)
      add(sidecars, request)
      add(total, request)
    }
    raise(total, starting)
  }
  if (spec.resources?.requests) replace(total, spec.resources.requests)
  if (spec.overhead) add(total, amountsOf(spec.overhead))
  return total
}

/** Requests of the pod as a whole stand for those of its containers. */
function replace(total: Amounts, list: ResourceList): void {
  const whole = amountsOf(list)
  if (list.cpu !== undefined) total.milliCpu = whole.milliCpu
  if (list.memory !== undefined) total.memory = whole.memory
  for (const [name, value] of whole.other) total.other.set(name, value)
}

/** How much of a resource; CPU in thousandths. */
export function amountOf(amounts: Amounts, name: string): number {
  if (name === 'cpu') return amounts.milliCpu
  if (name === 'memory') return amounts.memory
  if (name === 'ephemeral-storage') return amounts.ephemeralStorage
  return amounts.other.get(name) ?? 0
}

/** Whether pods that do not ask for a resource have no business with it: all but what every container uses. */
export const isOptional = (name: string): boolean => name !== 'cpu' && name !== 'memory' && name !== 'ephemeral-storage'
