import { deepEqual } from '../../apimachinery/json.ts'
import { keyOfRule, type Rule } from './service-map.ts'

/** What became of the rule for an address and port. */
export interface RuleChange {
  readonly before: Rule | undefined
  readonly after: Rule | undefined
}

/** A Service that wants an address and port that another one has. */
export interface Conflict {
  readonly loser: string
  readonly holder: string
  readonly rule: Rule
}

interface Claim {
  readonly owner: string
  readonly rule: Rule
}

/** Which Service has which address and port: whoever came first, until it gives them up. */
export class Claims {
  readonly #claims = new Map<string, Claim[]>()
  readonly #keys = new Map<string, Set<string>>()

  /** Replaces all that an owner (`namespace/name`) claims. Tells what changed, and what it claims in vain as of now. */
  update(owner: string, rules: readonly Rule[]): { changes: RuleChange[]; conflicts: Conflict[] } {
    const wanted = new Map<string, Rule>()
    for (const rule of rules) if (!wanted.has(keyOfRule(rule))) wanted.set(keyOfRule(rule), rule)
    const changes: RuleChange[] = []
    const conflicts: Conflict[] = []
    const had = this.#keys.get(owner) ?? new Set()
    for (const key of new Set([...had, ...wanted.keys()])) {
      const before = this.#claims.get(key)?.[0]
      const rule = wanted.get(key)
      const claims = replaced(this.#claims.get(key) ?? [], owner, rule)
      if (claims.length > 0) this.#claims.set(key, claims)
      else this.#claims.delete(key)
      const after = claims[0]
      if (rule && !had.has(key) && after!.owner !== owner) conflicts.push({ loser: owner, holder: after!.owner, rule })
      if (!deepEqual(before?.rule, after?.rule)) changes.push({ before: before?.rule, after: after?.rule })
    }
    if (wanted.size > 0) this.#keys.set(owner, new Set(wanted.keys()))
    else this.#keys.delete(owner)
    return { changes, conflicts }
  }

  /** The rules that hold. */
  *rules(): Iterable<Rule> {
    for (const [first] of this.#claims.values()) yield first!.rule
  }
}

function replaced(claims: readonly Claim[], owner: string, rule: Rule | undefined): Claim[] {
  const at = claims.findIndex(c => c.owner === owner)
  if (!rule) return claims.filter(c => c.owner !== owner)
  return at < 0 ? [...claims, { owner, rule }] : claims.with(at, { owner, rule })
}
