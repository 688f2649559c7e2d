import type { DeviceConstraint } from '../../../api/resource/claim.ts'
import type { DeviceAttribute } from '../../../api/resource/device.ts'
import type { PoolDevice } from './pools.ts'

/** What the devices of a claim must have in common, or must not, while they are chosen one after the other. */
export class Constraint {
  readonly #requests: ReadonlySet<string>
  readonly #attribute: string
  readonly #distinct: boolean
  readonly #values: string[] = []

  constructor({ requests = [], matchAttribute, distinctAttribute }: DeviceConstraint) {
    this.#requests = new Set(requests)
    this.#attribute = matchAttribute ?? distinctAttribute ?? ''
    this.#distinct = matchAttribute === undefined
  }

  /** Whether it is about a request; `name` is `request` or `request/subrequest`. */
  concerns(name: string): boolean {
    return this.#requests.size === 0 || this.#requests.has(name) || this.#requests.has(name.split('/')[0]!)
  }

  /** Takes a device along, if it may be. */
  add(device: PoolDevice): boolean {
    const value = attributeOf(device, this.#attribute)
    if (value === undefined) return false
    const fits = this.#distinct ? !this.#values.includes(value) : this.#values.length === 0 || this.#values[0] === value
    if (fits) this.#values.push(value)
    return fits
  }

  /** Takes the last one back. */
  remove(): void {
    this.#values.pop()
  }
}

/** An attribute by its full name, as text that only equal ones share. */
function attributeOf({ device, slice }: PoolDevice, name: string): string | undefined {
  const slash = name.indexOf('/')
  const short = name.slice(0, slash) === slice.spec.driver ? name.slice(slash + 1) : undefined
  const attribute = device.attributes?.[name] ?? (short === undefined ? undefined : device.attributes?.[short])
  return attribute && textOf(attribute)
}

function textOf({ string, int, bool, version }: DeviceAttribute): string | undefined {
  if (string !== undefined) return `string ${string}`
  if (int !== undefined) return `int ${int}`
  if (bool !== undefined) return `bool ${bool}`
  return version === undefined ? undefined : `version ${version}`
}
