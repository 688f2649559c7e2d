import type { Kind } from '../schema/kind.ts'
import { fieldsOf } from './compare.ts'
import { FieldSet } from './field-set.ts'
import type { Manager } from './managers.ts'
import { removeFields } from './merge.ts'
import { shapeOfType } from './typed.ts'
import type { Bare, Versions } from './versions.ts'

/** Fields of an object that are owned, and the kind in whose version. */
interface Owned {
  readonly kind: Kind
  readonly set: FieldSet
}

/**
 * Takes from a merged object what its manager applied before, does not state any more, and nobody else owns
 * (structured-merge-diff Updater.prune). `last`: what was applied before; `owners`: everybody, with what is applied now.
 */
export function prune(
  kind: Kind,
  merged: Bare,
  last: Manager,
  owners: readonly Manager[],
  versions: Versions | undefined,
): Bare {
  const kindOf = ({ entry }: Manager) => (versions ? versions.kind(entry.apiVersion) : kind)
  const owned = owners.flatMap(owner => {
    const its = kindOf(owner)
    return its ? [{ kind: its, set: owner.set }] : []
  })
  const first = kindOf(last)
  if (!first) return merged
  const keptIn = (its: Kind) => unionOf(owned.filter(other => other.kind === its || versions?.alike(other.kind, its)))
  const without = (its: Kind, object: Bare, set: FieldSet) =>
    (removeFields(shapeOfType(its.message), object, set) ?? {}) as Bare

  let at = first
  let whole = versions ? versions.convert(merged, kind, at) : merged
  let rest = without(at, whole, last.set.orphans(keptIn(at)))
  if (!versions) return rest
  // Each version puts back what is owned in it; the last one is that in which the object is wanted.
  const others = owned.map(other => other.kind).filter(its => !versions.alike(its, first) && !versions.alike(its, kind))
  for (const next of [...new Set(others), kind]) {
    if (versions.alike(at, next)) continue
    whole = versions.convert(whole, at, next)
    const left = versions.convert(rest, at, next)
    const shape = shapeOfType(next.message)
    const lost = fieldsOf(shape, whole).difference(fieldsOf(shape, left))
    rest = without(next, whole, lost.orphans(keptIn(next)))
    at = next
  }
  return rest
}

const unionOf = (all: readonly Owned[]): FieldSet => all.reduce((union, { set }) => union.union(set), new FieldSet())
