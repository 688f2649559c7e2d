import type { UserInfo } from '../request.ts'
import type { Level, Stage } from './event.ts'
import type { Policy, PolicyRule } from './policy.ts'

/** What rules look at. */
export interface AuditedRequest {
  readonly isResourceRequest: boolean
  readonly path: string
  readonly verb: string
  readonly group: string
  readonly version: string
  readonly namespace: string
  readonly resource: string
  readonly subresource: string
  readonly name: string
}

/** How one request is recorded. */
export interface AuditConfig {
  readonly level: Level
  readonly omitStages: ReadonlySet<Stage>
  readonly omitManagedFields: boolean
}

/** Answers how requests are recorded: as the policy's first rule that matches says (upstream audit/policy). */
export function policyEvaluator(policy: Policy): (request: AuditedRequest, user?: UserInfo) => AuditConfig {
  const { rules, omitStages = [], omitManagedFields = false } = policy
  const configOf = (level: string, stages: readonly string[], fields: boolean) => ({
    level: level as Level,
    omitStages: new Set([...omitStages, ...stages] as Stage[]),
    omitManagedFields: fields,
  })
  const known = rules.map(rule => ({
    rule,
    config: configOf(rule.level, rule.omitStages ?? [], rule.omitManagedFields ?? omitManagedFields),
  }))
  const otherwise = configOf('None', [], omitManagedFields)
  return (request, user) => known.find(({ rule }) => matches(rule, request, user))?.config ?? otherwise
}

function matches(rule: PolicyRule, request: AuditedRequest, user: UserInfo | undefined): boolean {
  const { users, userGroups, verbs, namespaces, resources, nonResourceURLs } = rule
  if (users?.length && !users.includes(user?.name ?? '')) return false
  if (userGroups?.length && !user?.groups.some(group => userGroups.includes(group))) return false
  if (verbs?.length && !verbs.includes(request.verb)) return false
  if (namespaces?.length || resources?.length) return matchesResource(rule, request)
  if (!nonResourceURLs?.length) return true
  return !request.isResourceRequest && nonResourceURLs.some(spec => matchesPath(request.path, spec))
}

function matchesPath(path: string, spec: string): boolean {
  return spec === '*' || spec === path || (spec.endsWith('*') && path.startsWith(spec.replace(/\*+$/, '')))
}

function matchesResource({ namespaces, resources }: PolicyRule, request: AuditedRequest): boolean {
  if (!request.isResourceRequest) return false
  if (namespaces?.length && !namespaces.includes(request.namespace)) return false
  if (!resources?.length) return true
  const { resource, subresource, name } = request
  const whole = subresource ? `${resource}/${subresource}` : resource
  return resources.some(({ group = '', resources: names, resourceNames }) => {
    if (group !== '*' && group !== request.group) return false
    if (!names?.length) return true
    if (resourceNames?.length && !resourceNames.includes(name)) return false
    return names.some(
      spec =>
        spec === '*' ||
        spec === whole ||
        (subresource !== '' && spec === `*/${subresource}`) ||
        (spec.endsWith('/*') && spec.slice(0, -2) === resource),
    )
  })
}
