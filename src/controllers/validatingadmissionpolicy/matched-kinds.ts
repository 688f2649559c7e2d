import type { ValidatingAdmissionPolicySpec } from '../../api/admissionregistration/validatingadmissionpolicy.ts'

type Rule = NonNullable<NonNullable<ValidatingAdmissionPolicySpec['matchConstraints']>['resourceRules']>[number]

/** What is enough of a kind to find and name it. */
export interface Named {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly singular: string
}

/** More kinds than this are not looked at per rule. */
const MAX_KINDS = 10

const isWild = (text: string) => text.includes('*')
const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/**
 * The kinds that a policy's rules name, by group, version and kind. Rules with wildcards name none, subresources neither
 * (upstream policy/validating typesToCheck).
 */
export function matchedKinds<K extends Named>(rules: readonly Rule[] | undefined, kinds: readonly K[]): K[] {
  const found = new Set<K>()
  for (const { apiGroups = [], apiVersions = [], resources = [] } of rules ?? []) {
    if (apiGroups.some(isWild) || apiVersions.some(isWild)) continue
    const plain = resources.filter(resource => !/[*/]/.test(resource))
    let count = 0
    for (const group of [...apiGroups].sort(byText)) {
      for (const version of [...apiVersions].sort(byText)) {
        for (const resource of [...plain].sort(byText)) {
          const kind = kinds.find(
            one => one.group === group && one.version === version && [one.plural, one.singular].includes(resource),
          )
          if (!kind || count === MAX_KINDS) continue
          found.add(kind)
          count++
        }
      }
    }
    if (count === MAX_KINDS) break
  }
  return [...found].sort((a, b) => byText(a.group, b.group) || byText(a.version, b.version) || byText(a.kind, b.kind))
}
