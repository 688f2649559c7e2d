import { deepEqual } from './schema/validate.ts'

/** Deepest nesting accepted. Go's encoding/json takes ten times as much, which the stack here would not. */
export const MAX_DEPTH = 1000

/** Parses JSON; throws SyntaxError with Go's wording where that is known. */
export function parseJson(text: string): unknown {
  if (text.length > 2 * MAX_DEPTH) checkDepth(text)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new SyntaxError(goWording(text, (error as Error).message))
  }
}

function checkDepth(text: string): void {
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === 0x22) i = endOfString(text, i)
    else if (c === 0x7b || c === 0x5b) {
      if (++depth > MAX_DEPTH) throw new SyntaxError('exceeded max depth')
    } else if (c === 0x7d || c === 0x5d) depth--
  }
}

/** Index of the quote that ends the string starting at `start`. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === 0x5c) i++
    else if (c === 0x22) return i
  }
  return text.length
}

function goWording(text: string, message: string): string {
  const at = /position (\d+)/.exec(message)
  if (!at || Number(at[1]) >= text.length) return 'unexpected end of JSON input'
  const char = text[Number(at[1])]!
  return `invalid character ${char === "'" ? "'\\''" : `'${char}'`} looking for beginning of value`
}

/**
 * The paths of keys that stand more than once in their object, as `spec.containers[0].image`. JSON.parse keeps the last
 * one silently; strict field validation has to name them.
 */
export function duplicateKeys(text: string): string[] {
  const duplicates: string[] = []
  const stack: { keys: Set<string> | undefined; path: string; index: number }[] = []
  let key = ''
  for (let i = 0; i < text.length; i++) {
    const top = stack[stack.length - 1]
    switch (text.charCodeAt(i)) {
      case 0x22: {
        const end = endOfString(text, i)
        if (top?.keys) {
          let next = end + 1
          while (next < text.length && text.charCodeAt(next) <= 0x20) next++
          if (text.charCodeAt(next) === 0x3a) {
            key = text.slice(i + 1, end)
            if (key.includes('\\')) key = JSON.parse(text.slice(i, end + 1)) as string
            if (top.keys.has(key)) duplicates.push(top.path ? `${top.path}.${key}` : key)
            top.keys.add(key)
            i = next
            break
          }
        }
        i = end
        break
      }
      case 0x7b:
      case 0x5b: {
        const step = top ? (top.keys ? (top.path ? `.${key}` : key) : `[${top.index}]`) : ''
        const object = text.charCodeAt(i) === 0x7b
        stack.push({ keys: object ? new Set() : undefined, path: (top?.path ?? '') + step, index: 0 })
        break
      }
      case 0x7d:
      case 0x5d:
        stack.pop()
        break
      case 0x2c:
        if (top && !top.keys) top.index++
        break
    }
  }
  return duplicates
}

/**
 * Freezes a JSON value through and through, and returns it. Keys whose value is undefined are taken out, so that it equals
 * what its text says.
 */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const key in value) {
    const child = value[key]
    if (child === undefined) delete value[key]
    else if (typeof child === 'object') deepFreeze(child)
  }
  return Object.freeze(value)
}

/** A deep copy of a JSON value that may be changed, however frozen the value is; many times as fast as structuredClone. */
export function deepCopy<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(deepCopy) as T
  const copy: Record<string, unknown> = {}
  for (const key in value) {
    const child = value[key]
    copy[key] = typeof child === 'object' ? deepCopy(child) : child
  }
  return copy as T
}

export { deepEqual }
