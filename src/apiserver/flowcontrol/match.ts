import type {
  FlowSchemaSpec,
  NonResourcePolicyRule,
  ResourcePolicyRule,
  Subject,
} from '../../api/flowcontrol/flowschema.ts'
import type { UserInfo } from '../request.ts'

/** What classification looks at. */
export interface Classified {
  readonly isResourceRequest: boolean
  readonly path: string
  readonly verb: string
  readonly group: string
  readonly namespace: string
  readonly resource: string
  readonly subresource: string
}

const NONE: never[] = []

/** Whether a schema is about a request (upstream util/flowcontrol/rule.go). */
export function matchesSchema({ rules = NONE }: FlowSchemaSpec, request: Classified, user: UserInfo): boolean {
  for (const { subjects, resourceRules = NONE, nonResourceRules = NONE } of rules) {
    // Loops without closures: this runs for every request and schema.
    let named = false
    for (let i = 0; i < subjects.length && !named; i++) named = matchesSubject(subjects[i]!, user)
    if (!named) continue
    if (request.isResourceRequest) {
      for (const rule of resourceRules) if (matchesResource(rule, request)) return true
    } else {
      for (const rule of nonResourceRules) if (matchesPath(rule, request)) return true
    }
  }
  return false
}

function matchesSubject({ kind, user: named, group, serviceAccount }: Subject, user: UserInfo): boolean {
  if (kind === 'User') return named !== undefined && (named.name === '*' || named.name === user.name)
  if (kind === 'Group') return group !== undefined && (group.name === '*' || user.groups.includes(group.name))
  if (!serviceAccount) return false
  const prefix = `system:serviceaccount:${serviceAccount.namespace}:`
  return serviceAccount.name === '*' ? user.name.startsWith(prefix) : user.name === prefix + serviceAccount.name
}

function matchesResource(rule: ResourcePolicyRule, request: Classified): boolean {
  const { verb, resource, subresource, group, namespace } = request
  return (
    contains(rule.verbs, verb) &&
    contains(rule.resources, subresource ? `${resource}/${subresource}` : resource) &&
    contains(rule.apiGroups, group) &&
    (namespace ? contains(rule.namespaces ?? [], namespace) : rule.clusterScope === true)
  )
}

function matchesPath({ verbs, nonResourceURLs }: NonResourcePolicyRule, { verb, path }: Classified): boolean {
  if (!contains(verbs, verb)) return false
  return nonResourceURLs.some(url => {
    if (url === '*' || url === path) return true
    const prefix = url.endsWith('*') ? url.slice(0, -1) : url
    return path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`)
  })
}

/** `*` stands alone in its list, which validation sees to. */
const contains = (list: readonly string[], value: string) => list[0] === '*' || list.includes(value)
