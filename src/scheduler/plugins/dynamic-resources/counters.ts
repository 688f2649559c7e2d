import type { Device } from '../../../api/resource/device.ts'
import type { ResourceSlice } from '../../../api/resource/resourceslice.ts'
import { addQuantities, compareQuantities, subtractQuantities } from '../../../apimachinery/quantity.ts'
import { deviceId } from './device-id.ts'
import type { Pool } from './pools.ts'

const counterKey = (set: string, counter: string) => `${set}/${counter}`

/** What is taken of the amounts that the devices of pools share (KEP-4815). */
export class Counters {
  readonly #slicesOf: (pool: string) => readonly ResourceSlice[]
  readonly #isUsed: (device: string) => boolean
  /** By pool, then by set and counter. */
  readonly #taken = new Map<string, Map<string, string>>()

  constructor(slicesOf: (pool: string) => readonly ResourceSlice[], isUsed: (device: string) => boolean) {
    this.#slicesOf = slicesOf
    this.#isUsed = isUsed
  }

  /** Takes what a device needs, if there is that much left. */
  take(device: Device, pool: Pool): boolean {
    const taken = this.#of(pool)
    const fits = amountsOf(device).every(([set, counter, amount]) => {
      const sum = addQuantities(taken.get(counterKey(set, counter)) ?? '0', amount)
      return compareQuantities(sum, pool.counterSets.get(set)?.counters[counter]?.value ?? '0') <= 0
    })
    if (fits) add(taken, device, 1)
    return fits
  }

  giveBack(device: Device, pool: Pool): void {
    add(this.#of(pool), device, -1)
  }

  #of(pool: Pool): Map<string, string> {
    let taken = this.#taken.get(pool.id)
    if (taken) return taken
    taken = new Map()
    for (const { spec } of this.#slicesOf(pool.id)) {
      const id = { driver: spec.driver, pool: spec.pool.name }
      for (const device of spec.devices ?? []) {
        if (device.consumesCounters && this.#isUsed(deviceId({ ...id, device: device.name }))) add(taken, device, 1)
      }
    }
    this.#taken.set(pool.id, taken)
    return taken
  }
}

const amountsOf = ({ consumesCounters = [] }: Device): [set: string, counter: string, amount: string][] =>
  consumesCounters.flatMap(({ counterSet, counters }) =>
    Object.entries(counters).map(([name, { value }]): [string, string, string] => [counterSet, name, value]),
  )

function add(taken: Map<string, string>, device: Device, sign: 1 | -1): void {
  for (const [set, counter, amount] of amountsOf(device)) {
    const key = counterKey(set, counter)
    const before = taken.get(key) ?? '0'
    taken.set(key, sign === 1 ? addQuantities(before, amount) : subtractQuantities(before, amount))
  }
}
