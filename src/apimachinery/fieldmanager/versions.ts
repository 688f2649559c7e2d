import { decode } from '../schema/decode.ts'
import type { Kind } from '../schema/kind.ts'
import { type Comparison, compare } from './compare.ts'
import { shapeOfType } from './typed.ts'

/** An object without its managedFields, so that these are not compared. */
export type Bare = Record<string, unknown>

/**
 * The versions in which the objects of one stored kind are seen, and the ways between them: fields that are owned in one
 * version are looked at in that version's form (structured-merge-diff merge.Converter).
 */
export class Versions {
  readonly #kinds: ReadonlyMap<string, Kind>

  private constructor(kinds: readonly Kind[]) {
    this.#kinds = new Map(kinds.map(kind => [kind.apiVersion, kind]))
  }

  /** Those of a kind, out of all kinds; undefined where all of them have the same fields, so that nothing is to be converted. */
  static of(kind: Kind, all: readonly Kind[]): Versions | undefined {
    const stored = kind.storedAs?.kind ?? kind
    const kinds = all.filter(other => (other.storedAs?.kind ?? other) === stored)
    return kinds.some(other => other.storedAs && !other.storedAs.sameFields) ? new Versions(kinds) : undefined
  }

  /** The kind as a version has it; undefined where nobody knows the version. */
  kind(apiVersion: string | undefined): Kind | undefined {
    return apiVersion === undefined ? undefined : this.#kinds.get(apiVersion)
  }

  /** Whether two kinds have the same fields. */
  alike(a: Kind, b: Kind): boolean {
    const form = (kind: Kind) => (kind.storedAs && !kind.storedAs.sameFields ? kind : undefined)
    return a === b || (form(a) === undefined && form(b) === undefined)
  }

  /** An object, or what an apply has left of one, in another version's form. Without defaults. */
  convert(object: Bare, from: Kind, to: Kind): Bare {
    if (this.alike(from, to)) return object
    const { apiVersion: _, kind: __, ...fields } = object
    const whole = Object.assign(decode(from.message, fields), { apiVersion: from.apiVersion, kind: from.kind })
    const stored = from.storedAs?.toStored(whole, { defaults: false }) ?? whole
    const { apiVersion: ___, kind: ____, ...converted } = to.storedAs?.fromStored(stored) ?? stored
    return converted as Bare
  }
}

/** What a write changes, as each version sees it. */
export class Change {
  readonly #kind: Kind
  readonly #before: Bare
  readonly #after: Bare
  readonly #versions: Versions | undefined
  readonly #seen = new Map<Kind, Comparison>()
  /** As the version sees it in which the write is made. */
  readonly own: Comparison

  constructor(kind: Kind, before: Bare, after: Bare, versions: Versions | undefined) {
    this.#kind = kind
    this.#before = before
    this.#after = after
    this.#versions = versions
    this.own = compare(shapeOfType(kind.message), before, after)
  }

  /** As an owner's version sees it; undefined where nobody knows that version any more. */
  in(apiVersion: string | undefined): Comparison | undefined {
    const versions = this.#versions
    if (!versions) return this.own
    const kind = versions.kind(apiVersion)
    if (!kind) return undefined
    if (versions.alike(kind, this.#kind)) return this.own
    let seen = this.#seen.get(kind)
    if (!seen) {
      const [before, after] = [this.#before, this.#after].map(object => versions.convert(object, this.#kind, kind))
      seen = compare(shapeOfType(kind.message), before, after)
      this.#seen.set(kind, seen)
    }
    return seen
  }
}
