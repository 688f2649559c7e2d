/** JSON merge patch (RFC 7386): null removes, objects merge, everything else replaces. Gives a new value. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const base = typeof target === 'object' && target !== null && !Array.isArray(target) ? target : {}
  const out: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete out[key]
    else {
      const merged = applyMergePatch(Object.hasOwn(out, key) ? out[key] : undefined, value)
      Object.defineProperty(out, key, { value: merged, enumerable: true, configurable: true, writable: true })
    }
  }
  return out
}
