import { deepEqual } from '../../apimachinery/json.ts'

/**
 * Whether two values are the same once stored, where zero and empty fields are left out: spares writes that would change
 * nothing.
 */
export const sameStored = (a: unknown, b: unknown): boolean => deepEqual(withoutEmpty(a), withoutEmpty(b))

function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(withoutEmpty)
  if (typeof value !== 'object' || value === null) {
    return value === '' || value === 0 || value === false || value === null ? undefined : value
  }
  const out: Record<string, unknown> = {}
  let any = false
  for (const [key, field] of Object.entries(value)) {
    const kept = withoutEmpty(field)
    if (kept === undefined) continue
    out[key] = kept
    any = true
  }
  return any ? out : undefined
}
