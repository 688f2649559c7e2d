export interface PolicyRule {
  verbs: string[]
  apiGroups?: string[]
  resources?: string[]
  resourceNames?: string[]
  nonResourceURLs?: string[]
}

export interface RoleStatement {
  readonly name: string
  readonly rules: readonly PolicyRule[]
  readonly labels?: Record<string, string>
  /** Labels of the roles whose rules make up this one. */
  readonly aggregate?: readonly Record<string, string>[]
}

/** A role of one namespace. */
export interface NamespacedRole extends RoleStatement {
  readonly namespace: string
}

export interface BindingStatement {
  readonly name: string
  readonly role: string
  readonly subjects: readonly { kind: 'User' | 'Group' | 'ServiceAccount'; name: string; namespace?: string }[]
}

export const READ = ['get', 'list', 'watch']
export const WRITE = ['create', 'delete', 'deletecollection', 'patch', 'update']

export const rule = (verbs: string[], group: string | string[], ...resources: string[]): PolicyRule => ({
  verbs,
  apiGroups: Array.isArray(group) ? group : [group],
  resources,
})
export const events: PolicyRule = rule(['create', 'patch', 'update'], ['', 'events.k8s.io'], 'events')
