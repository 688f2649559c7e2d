import type { Random } from '../../apimachinery/random.ts'

/** Numbers of a range that are handed out to one owner each. */
export class Pool {
  readonly #first: number
  readonly #size: number
  readonly #random: Random
  /** Dynamic choices leave this many at the start of the range to those who ask for one by number (KEP-3070). */
  readonly #reserved: number
  readonly #owners: Map<number, string>

  /** `owners`: who has which number, where several ranges share that. */
  constructor(first: number, size: number, random: Random, owners = new Map<number, string>()) {
    this.#owners = owners
    this.#first = first
    this.#size = size
    this.#random = random
    this.#reserved = Math.min(Math.max(16, Math.floor(size / 16)), 256) % Math.max(size, 1)
  }

  contains(number: number): boolean {
    return number >= this.#first && number < this.#first + this.#size
  }
  ownerOf(number: number): string | undefined {
    return this.#owners.get(number)
  }

  /** Takes a number for an owner; false when another one has it. */
  take(number: number, owner: string): boolean {
    const present = this.#owners.get(number)
    if (present !== undefined && present !== owner) return false
    this.#owners.set(number, owner)
    return true
  }

  release(number: number, owner: string): void {
    if (this.#owners.get(number) === owner) this.#owners.delete(number)
  }

  /** A free number for an owner, from the upper part of the range first; undefined when all are taken. */
  takeAny(owner: string): number | undefined {
    const upper = this.#size - this.#reserved
    return this.#probe(this.#first + this.#reserved, upper, owner) ?? this.#probe(this.#first, this.#reserved, owner)
  }

  #probe(first: number, size: number, owner: string): number | undefined {
    if (size <= 0) return undefined
    const start = Math.floor(this.#random.next() * size)
    for (let i = 0; i < size; i++) {
      const number = first + ((start + i) % size)
      if (!this.#owners.has(number)) {
        this.#owners.set(number, owner)
        return number
      }
    }
    return undefined
  }
}
