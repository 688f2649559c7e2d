import { deepEqual } from '../apimachinery/json.ts'

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/**
 * What differs between two values, one line each, as `-spec.a: 1` and `+spec.a: 2`: shown where a change is refused as a
 * whole, so that the user sees what to take back.
 */
export function describeChanges(old: unknown, changed: unknown, path = ''): string {
  if (deepEqual(old, changed)) return ''
  if (isObject(old) && isObject(changed) && Array.isArray(old) === Array.isArray(changed)) {
    const step = (key: string) => (Array.isArray(old) ? `${path}[${key}]` : path ? `${path}.${key}` : key)
    return [...new Set([...Object.keys(old), ...Object.keys(changed)])]
      .map(key => describeChanges(old[key], changed[key], step(key)))
      .join('')
  }
  const line = (sign: string, value: unknown) =>
    value === undefined ? '' : `${sign}${path}: ${JSON.stringify(value)}\n`
  return line('-', old) + line('+', changed)
}
