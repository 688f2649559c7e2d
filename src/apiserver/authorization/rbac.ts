import type { KubeObject } from '../../apimachinery/schema/kind.ts'
import type { Cacher } from '../cacher/cacher.ts'
import type { UserInfo } from '../request.ts'
import { type Attributes, type Authorizer, type Decision, NO_OPINION } from './authorizer.ts'

export interface PolicyRule {
  readonly verbs?: readonly string[]
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly nonResourceURLs?: readonly string[]
}
export interface RoleLike extends KubeObject {
  readonly rules?: readonly PolicyRule[]
}
export interface BindingLike extends KubeObject {
  readonly subjects?: readonly { readonly kind: string; readonly name: string; readonly namespace?: string }[]
  readonly roleRef: { readonly kind: string; readonly name: string }
}

export interface RbacSources {
  readonly roles: Cacher<RoleLike>
  readonly clusterRoles: Cacher<RoleLike>
  readonly roleBindings: Cacher<BindingLike>
  readonly clusterRoleBindings: Cacher<BindingLike>
}

/** Bindings by the subject they name: `User:x`, `Group:x`, `ServiceAccount:ns:x`. */
class BindingIndex {
  readonly #bySubject = new Map<string, Set<BindingLike>>()

  constructor(cacher: Cacher<BindingLike>) {
    for (const entry of cacher.values()) this.#add(entry.object)
    cacher.listen(({ type, entry, previous }) => {
      if (previous) this.#remove(previous.object)
      if (type !== 'DELETED') this.#add(entry.object)
    })
  }

  of(subject: string): Iterable<BindingLike> {
    return this.#bySubject.get(subject) ?? []
  }

  #add(binding: BindingLike): void {
    for (const subject of subjectsOf(binding)) {
      let bindings = this.#bySubject.get(subject)
      if (!bindings) {
        bindings = new Set()
        this.#bySubject.set(subject, bindings)
      }
      bindings.add(binding)
    }
  }

  #remove(binding: BindingLike): void {
    for (const subject of subjectsOf(binding)) {
      const bindings = this.#bySubject.get(subject)
      bindings?.delete(binding)
      if (bindings?.size === 0) this.#bySubject.delete(subject)
    }
  }
}

function subjectsOf(binding: BindingLike): string[] {
  return (binding.subjects ?? []).map(subject => subjectKey(subject, binding.metadata.namespace))
}

type Subject = NonNullable<BindingLike['subjects']>[number]

function subjectKey({ kind, name, namespace }: Subject, bindingNamespace: string | undefined): string {
  return kind === 'ServiceAccount'
    ? `User:system:serviceaccount:${namespace ?? bindingNamespace}:${name}`
    : `${kind}:${name}`
}

/** Rules that apply to a user, and what they come from. */
interface UserRules {
  readonly rules: readonly PolicyRule[]
  readonly binding: BindingLike
  /** Empty for rules of the whole cluster. */
  readonly namespace: string
  readonly subject: string
}

/** Words its reason only for those who ask. */
class Allowed implements Decision {
  readonly verdict = 'allow'
  readonly #granted: UserRules

  constructor(granted: UserRules) {
    this.#granted = granted
  }
  get reason(): string {
    return `RBAC: allowed by ${describe(this.#granted)}`
  }
}

/** Words what grants something as upstream does: `ClusterRoleBinding "x" of ClusterRole "y" to Group "z"`. */
function describe({ binding: bound, namespace, subject: who }: UserRules): string {
  const { metadata, roleRef, subjects } = bound
  const name = namespace ? `${metadata.name}/${metadata.namespace}` : metadata.name
  const binding = `${namespace ? 'RoleBinding' : 'ClusterRoleBinding'} ${JSON.stringify(name)}`
  const subject = subjects?.find(one => subjectKey(one, metadata.namespace) === who)
  const whom =
    subject?.kind === 'ServiceAccount' ? `${subject.name}/${subject.namespace ?? metadata.namespace}` : subject?.name
  return `${binding} of ${roleRef.kind} ${JSON.stringify(roleRef.name)} to ${subject?.kind} ${JSON.stringify(whom)}`
}

/** Role-based access control (upstream plugin/pkg/auth/authorizer/rbac), from the caches, with an index by subject. */
export class RbacAuthorizer implements Authorizer {
  readonly #sources: RbacSources
  readonly #cluster: BindingIndex
  readonly #namespaced: BindingIndex

  constructor(sources: RbacSources) {
    this.#sources = sources
    this.#cluster = new BindingIndex(sources.clusterRoleBindings)
    this.#namespaced = new BindingIndex(sources.roleBindings)
  }

  authorize(attributes: Attributes): Decision {
    const missing: string[] = []
    for (const granted of this.rulesFor(attributes.user, attributes.namespace, missing)) {
      for (const rule of granted.rules) {
        if (ruleAllows(rule, attributes)) return new Allowed(granted)
      }
    }
    if (missing.length === 0) return NO_OPINION
    return { verdict: 'no-opinion', reason: `RBAC: ${missing.length > 1 ? `[${missing.join(', ')}]` : missing[0]}` }
  }

  /** Every set of rules that applies to a user in a namespace ('' for the cluster's). Names of missing roles go to `missing`. */
  *rulesFor(user: UserInfo, namespace: string, missing: string[] = []): Iterable<UserRules> {
    for (const subject of subjectsFor(user)) {
      for (const binding of this.#cluster.of(subject)) yield* this.#resolve(binding, '', subject, missing)
      if (!namespace) continue
      for (const binding of this.#namespaced.of(subject)) {
        if (binding.metadata.namespace === namespace) yield* this.#resolve(binding, namespace, subject, missing)
      }
    }
  }

  *#resolve(binding: BindingLike, namespace: string, subject: string, missing: string[]): Iterable<UserRules> {
    const { kind, name } = binding.roleRef
    const clusterRole = kind === 'ClusterRole'
    const entry = clusterRole ? this.#sources.clusterRoles.get(name) : this.#sources.roles.get(`${namespace}/${name}`)
    if (!entry)
      missing.push(
        `${clusterRole ? 'clusterrole' : 'role'}.rbac.authorization.k8s.io ${JSON.stringify(name)} not found`,
      )
    else yield { rules: entry.object.rules ?? [], binding, namespace, subject }
  }
}

function subjectsFor(user: UserInfo): string[] {
  return [`User:${user.name}`, ...user.groups.map(group => `Group:${group}`)]
}

/** Whether a rule covers a request. */
export function ruleAllows(rule: PolicyRule, attributes: Attributes): boolean {
  if (!includes(rule.verbs, attributes.verb)) return false
  if (!attributes.isResourceRequest) return (rule.nonResourceURLs ?? []).some(url => pathMatches(url, attributes.path))
  const { resource, subresource, name } = attributes
  return (
    includes(rule.apiGroups, attributes.group) &&
    resourceMatches(rule.resources, resource, subresource) &&
    (!rule.resourceNames?.length || (name !== '' && rule.resourceNames.includes(name)))
  )
}

function includes(list: readonly string[] | undefined, value: string): boolean {
  return list !== undefined && (list.includes('*') || list.includes(value))
}

function resourceMatches(resources: readonly string[] | undefined, resource: string, subresource: string): boolean {
  if (!resources) return false
  const full = subresource ? `${resource}/${subresource}` : resource
  return (
    resources.includes('*') ||
    resources.includes(full) ||
    (subresource !== '' && resources.includes(`*/${subresource}`))
  )
}

function pathMatches(pattern: string, path: string): boolean {
  return pattern === '*' || pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1)))
}
