import type { Random } from '../../apimachinery/random.ts'
import { Pool } from './pool.ts'

/** IPv4 addresses of several ranges, each of which is given to one owner at most; ranges can come and go (KEP-1880). */
export class AddressRanges {
  readonly #random: Random
  readonly #owners = new Map<number, string>()
  #pools = new Map<string, Pool>()

  constructor(random: Random) {
    this.#random = random
  }

  /** The ranges from which addresses are given from now on, as `10.96.0.0/16`, the first ones first. */
  use(cidrs: readonly string[]): void {
    this.#pools = new Map(cidrs.map(cidr => [cidr, this.#pools.get(cidr) ?? this.#poolOf(cidr)]))
  }

  get cidrs(): string {
    return [...this.#pools.keys()].join(',')
  }
  contains(address: number): boolean {
    return [...this.#pools.values()].some(pool => pool.contains(address))
  }
  ownerOf(address: number): string | undefined {
    return this.#owners.get(address)
  }

  /** Takes an address for an owner, in whatever range; false when another one has it. */
  take(address: number, owner: string): boolean {
    const present = this.#owners.get(address)
    if (present !== undefined && present !== owner) return false
    this.#owners.set(address, owner)
    return true
  }

  release(address: number, owner: string): void {
    if (this.#owners.get(address) === owner) this.#owners.delete(address)
  }

  /** A free address for an owner; undefined when all are taken. */
  takeAny(owner: string): number | undefined {
    for (const pool of this.#pools.values()) {
      const address = pool.takeAny(owner)
      if (address !== undefined) return address
    }
    return undefined
  }

  /** The network's own and its broadcast address are nobody's. */
  #poolOf(cidr: string): Pool {
    const [base, bits] = cidr.split('/') as [string, string]
    return new Pool(toNumber(base) + 1, Math.max(0, 2 ** (32 - Number(bits)) - 2), this.#random, this.#owners)
  }
}

export function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
}
export function toAddress(number: number): string {
  return [24, 16, 8, 0].map(shift => Math.floor(number / 2 ** shift) % 256).join('.')
}
