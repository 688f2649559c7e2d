import { createHash } from 'node:crypto'

/** Flows whose hands are remembered; beyond that all are dealt anew. */
const MAX_HANDS = 4096

/**
 * Deals each flow its hand of queues, the same one every time: two flows seldom share all of them, so that one that floods
 * its queues leaves others a way (upstream util/shufflesharding).
 */
export class Dealer {
  readonly #deckSize: number
  readonly #handSize: number
  readonly #hands = new Map<string, readonly number[]>()

  constructor(deckSize: number, handSize: number) {
    this.#deckSize = deckSize
    this.#handSize = Math.min(handSize, deckSize)
  }

  /** Indexes of queues, all different. */
  handOf(schema: string, distinguisher: string): readonly number[] {
    const key = `${schema}\0${distinguisher}`
    let hand = this.#hands.get(key)
    if (!hand) {
      if (this.#hands.size >= MAX_HANDS) this.#hands.clear()
      hand = this.#deal(createHash('sha256').update(key).digest().readBigUInt64LE(0))
      this.#hands.set(key, hand)
    }
    return hand
  }

  #deal(hash: bigint): number[] {
    const remainders: number[] = []
    let rest = hash
    for (let i = 0; i < this.#handSize; i++) {
      const left = BigInt(this.#deckSize - i)
      remainders.push(Number(rest % left))
      rest /= left
    }
    // Each remainder counts only cards that are still in the deck.
    return remainders.map((remainder, i) => {
      let card = remainder
      for (let j = i; j > 0; j--) if (card >= remainders[j - 1]!) card++
      return card
    })
  }
}
