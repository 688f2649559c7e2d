import type { PodLike, Violation } from './check.ts'
import { checks } from './checks/index.ts'
import type { Level, LevelVersion } from './policy.ts'

interface Rule {
  readonly find: (pod: PodLike) => Violation | undefined
}

const compiled = new Map<string, readonly Rule[]>()

/** The rules of a level, as they are in a version; restricted ones replace those of baseline that they contain. */
function rulesOf(level: Level, minor: number): readonly Rule[] {
  const key = `${level}:${minor}`
  const known = compiled.get(key)
  if (known) return known
  const applicable = checks
    .filter(check => level === 'restricted' || (level === 'baseline' && check.level === 'baseline'))
    .flatMap(check => {
      const find = check.versions.findLast(({ since }) => since <= minor)?.find
      return find ? [{ ...check, find }] : []
    })
  const overridden = new Set(applicable.flatMap(({ overrides = [] }) => overrides))
  const rules = applicable.filter(({ id }) => !overridden.has(id))
  compiled.set(key, rules)
  return rules
}

/** All that a level forbids of what the pod does (upstream policy.Evaluator). */
export const violationsOf = ({ level, minor }: LevelVersion, pod: PodLike): Violation[] =>
  rulesOf(level, minor).flatMap(({ find }) => find(pod) ?? [])

export const reasonsOf = (violations: readonly Violation[]): string => violations.map(({ reason }) => reason).join(', ')
export const detailsOf = (violations: readonly Violation[]): string =>
  violations.map(({ reason, detail }) => (detail ? `${reason} (${detail})` : reason)).join(', ')
