import { type Random, seededRandom } from '../../src/apimachinery/random.ts'

/** What a seed decides. Each part of a simulation has its own, so that a change in one leaves the others' sequences alone. */
export class Chance {
  readonly random: Random

  constructor(seed: number) {
    this.random = seededRandom(seed)
  }

  /** Happens so often: 0 never, 1 always. */
  happens(probability: number): boolean {
    return this.random.next() < probability
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.random.next() * (high - low + 1))
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.random.next() * items.length)]!
  }

  /** One of several, each as likely as its weight says. */
  weighted<T>(items: readonly (readonly [weight: number, item: T])[]): T {
    let left = this.random.next() * items.reduce((sum, [weight]) => sum + weight, 0)
    for (const [weight, item] of items) {
      left -= weight
      if (left < 0) return item
    }
    return items.at(-1)![1]
  }

  /** A time whose average is `mean`, in the same unit, as long between calls of a telephone. */
  wait(mean: number): number {
    return -Math.log(1 - this.random.next()) * mean
  }
}
