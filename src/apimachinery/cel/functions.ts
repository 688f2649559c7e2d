import { EvaluationError } from './errors.ts'
import { type CelType, readType, splitTypes } from './types.ts'
import type { Value } from './values.ts'

/** What a function does: gets its target first, if it is called on one. Throws EvaluationError. */
export type Implementation = (...args: never[]) => Value

/** One way to call a function. */
export interface Overload {
  readonly id: string
  /** Called on something: `text.size()`. */
  readonly member: boolean
  /** The target's type comes first. */
  readonly args: readonly CelType[]
  readonly result: CelType
  readonly implementation: (args: readonly Value[]) => Value
}

/** Functions by name. */
export type Functions = ReadonlyMap<string, readonly Overload[]>

/**
 * One function of a library. Each signature is `id: (args) result`, or `id: target.(args) result` for those called on
 * something; types are written as `readType` reads them.
 */
export interface Declaration {
  readonly name: string
  readonly overloads: readonly Overload[]
}

const SIGNATURE = /^(\w[\w@-]*): (?:([^()]+)\.)?\((.*)\) (\S.*)$/

/** States a function whose implementation is the same for all ways to call it. */
export function declare(name: string, implementation: Implementation, ...signatures: string[]): Declaration {
  const run = implementation as (...args: readonly Value[]) => Value
  return {
    name,
    overloads: signatures.map(signature => {
      const match = SIGNATURE.exec(signature)
      if (!match) throw new Error(`a signature that cannot be read: ${signature}`)
      const [, id, target, args, result] = match
      const types = [...(target ? [target] : []), ...splitTypes(args!)].map(readType)
      return {
        id: id!,
        member: target !== undefined,
        args: types,
        result: readType(result!),
        implementation: values => run(...values),
      }
    }),
  }
}

/** Puts libraries together. */
export function functionsOf(...libraries: readonly (readonly Declaration[])[]): Functions {
  const all = new Map<string, Overload[]>()
  for (const { name, overloads } of libraries.flat()) all.set(name, [...(all.get(name) ?? []), ...overloads])
  return all
}

/** Runs what throws ordinary errors, so that they are those of the expression. */
export function evaluating<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof EvaluationError) throw error
    throw new EvaluationError((error as Error).message)
  }
}
