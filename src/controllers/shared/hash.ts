const SAFE_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'

/** 32-bit FNV-1a of a text's UTF-8 bytes. */
export function fnv32a(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

/** A text in letters that spell no words, one for one (apimachinery util/rand SafeEncodeString). */
export const safeEncode = (text: string): string =>
  [...Buffer.from(text)].map(byte => SAFE_ALPHABET[byte % SAFE_ALPHABET.length]).join('')

/**
 * A short name for a value: the same for equal values whatever the order of their fields. `collisionCount` gives another name
 * where two values share one.
 */
export function hashOf(value: unknown, collisionCount?: number): string {
  const suffix = collisionCount === undefined ? '' : `\0${collisionCount}`
  return safeEncode(String(fnv32a(canonical(value) + suffix)))
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? ''
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  fields.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`).join()}}`
}
