import type { At } from '../../apimachinery/validation/at.ts'

/** Checks the items of a list, unless there are more than `max` of them: then only that is said. */
export function validateItems<T>(
  items: readonly T[] | undefined,
  max: number,
  at: At,
  check: (item: T, at: At) => void,
): void {
  if (!items) return
  if (items.length > max) {
    at.tooMany(items.length, max)
    return
  }
  items.forEach((item, i) => {
    check(item, at.index(i))
  })
}

/** The same, for items of which no two may have the same key. */
export function validateSet<T>(
  items: readonly T[] | undefined,
  max: number,
  at: At,
  key: (item: T) => string,
  check: (item: T, at: At) => void = () => {},
): void {
  validateItems(items, max, at, check)
  if (!items || items.length > max) return
  const seen = new Set<string>()
  items.forEach((item, i) => {
    const its = key(item)
    if (seen.has(its)) at.index(i).duplicate(its)
    seen.add(its)
  })
}

/** Checks keys and values of a map, unless there are more than `max`. */
export function validateEntries<T>(
  entries: Readonly<Record<string, T>> | undefined,
  max: number,
  at: At,
  checkKey: (key: string, at: At) => void,
  check: (value: T, at: At) => void = () => {},
): void {
  const all = Object.entries(entries ?? {})
  if (all.length > max) {
    at.tooMany(all.length, max)
    return
  }
  for (const [key, value] of all) {
    checkKey(key, at)
    check(value, at.key(key))
  }
}
