import type { MatchResources, ParamKind, ParamRef } from '../../../api/admissionregistration/policy-match.ts'
import type { Kind, KubeObject } from '../../../apimachinery/schema/kind.ts'
import type { AdmissionAttributes } from '../admission.ts'
import type { Matcher } from '../webhook/matching.ts'

interface Policy extends KubeObject {
  readonly spec: {
    readonly matchConstraints?: MatchResources
    readonly paramKind?: ParamKind
    readonly failurePolicy?: string
  }
}
interface Binding extends KubeObject {
  readonly spec: {
    readonly policyName?: string
    readonly matchResources?: MatchResources
    readonly paramRef?: ParamRef
  }
}

type Entries<T> = Iterable<{ readonly object: T }>

/** A policy that concerns a request, with one of its bindings. */
export interface Bound<P, B> {
  readonly policy: P
  readonly binding: B
  /** The version by which the policy knows the object. */
  readonly kind: Kind
}

const criteriaOf = ({ resourceRules, excludeResourceRules, ...rest }: MatchResources) => ({
  ...rest,
  rules: resourceRules ?? [],
  ...(excludeResourceRules?.length && { excludeRules: excludeResourceRules }),
})
const ALL = { operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*', '*/*'], scope: '*' }

/** The policies that concern a request, in the order of their names, with each binding that does. */
export function boundTo<P extends Policy, B extends Binding>(
  policies: Entries<P>,
  bindings: Entries<B>,
  matcher: Matcher,
  attributes: AdmissionAttributes,
): Bound<P, B>[] {
  const byPolicy = new Map<string, B[]>()
  for (const { object } of bindings) {
    const { policyName = '' } = object.spec
    byPolicy.set(policyName, [...(byPolicy.get(policyName) ?? []), object])
  }
  const bound: Bound<P, B>[] = []
  const byName = (a: KubeObject, b: KubeObject) => (a.metadata.name! < b.metadata.name! ? -1 : 1)
  for (const policy of [...policies].map(({ object }) => object).sort(byName)) {
    const { matchConstraints } = policy.spec
    const own = byPolicy.get(policy.metadata.name!)
    if (!own || !matchConstraints) continue
    const kind = matcher.match(criteriaOf(matchConstraints), attributes)
    if (!kind) continue
    for (const binding of own.sort(byName)) {
      const { matchResources } = binding.spec
      if (matchResources && !matches(matchResources, matcher, attributes)) continue
      bound.push({ policy, binding, kind })
    }
  }
  return bound
}

/** A binding that names no resources is about all of its policy's. */
function matches(match: MatchResources, matcher: Matcher, attributes: AdmissionAttributes): boolean {
  const criteria = criteriaOf(match)
  const rules = criteria.rules.length > 0 ? criteria.rules : [ALL]
  return matcher.match({ ...criteria, rules }, attributes) !== undefined
}
