import { RE2JS } from 're2js'

export type Re2 = ReturnType<typeof RE2JS.compile>

const compiled = new Map<string, Re2>()
/** Expressions kept ready; they come from users, so there may be any number. */
const MAX_KEPT = 1000

/**
 * A regular expression in RE2's syntax, which is Go's: matching takes time linear in the text, whatever the expression.
 * Throws Error in Go's words for one that cannot be read.
 */
export function compileRe2(pattern: string): Re2 {
  let known = compiled.get(pattern)
  if (!known) {
    known = RE2JS.compile(pattern)
    if (compiled.size >= MAX_KEPT) compiled.delete(compiled.keys().next().value!)
    compiled.set(pattern, known)
  }
  return known
}

/** Whether an expression matches anywhere in a text. */
export const matchesRe2 = (pattern: string, text: string): boolean => compileRe2(pattern).matcher(text).find()
