import { randomUUID } from 'node:crypto'

/** Randomness and identity as a dependency, so that a run can be repeated from its seed. */
export interface Random {
  /** A number in [0, 1). */
  next(): number
  /** A version 4 UUID, as object uids are. */
  uuid(): string
}

/** The machine's own randomness. */
export const systemRandom: Random = { next: () => Math.random(), uuid: () => randomUUID() }

/** The same sequence for the same seed (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const hex = (digits: number) => {
    let out = ''
    for (let i = 0; i < digits; i++) out += Math.floor(next() * 16).toString(16)
    return out
  }
  return {
    next,
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-${'89ab'[Math.floor(next() * 4)]}${hex(3)}-${hex(12)}`,
  }
}

/** Letters and digits that spell no words; upstream's alphabet for generated names (apimachinery util/rand). */
const SAFE_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'

/** A random name suffix of `length` characters. */
export function safeSuffix(random: Random, length: number): string {
  let out = ''
  for (let i = 0; i < length; i++) out += SAFE_ALPHABET[Math.floor(random.next() * SAFE_ALPHABET.length)]
  return out
}
