import { type ClusterRole, clusterRole } from '../../api/rbac/clusterrole.ts'
import { role } from '../../api/rbac/role.ts'
import type { RoleBinding } from '../../api/rbac/rolebinding.ts'
import { forbidden, notFound } from '../../apimachinery/errors.ts'
import { deepEqual } from '../../apimachinery/json.ts'
import type { ApiServer } from '../apiserver.ts'
import { listText, notCovered, ruleText } from '../authorization/covers.ts'
import type { PolicyRule } from '../authorization/rbac.ts'
import type { AdmissionAttributes, AdmissionPlugin } from './admission.ts'

const GROUP = 'rbac.authorization.k8s.io'
const ROLES = new Set(['roles', 'clusterroles'])
const BINDINGS = new Set(['rolebindings', 'clusterrolebindings'])
const EVERYTHING: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
]

/**
 * Nobody gives away more than they have: who writes a role needs all of its permissions or the verb `escalate`, who binds one all
 * of its permissions or the verb `bind` (upstream registry/rbac policybased storage).
 */
export function rbacEscalation(server: ApiServer): AdmissionPlugin {
  const roles = server.resources.of(role).cacher
  const clusterRoles = server.resources.of(clusterRole).cacher

  const mayUse = async (verb: string, resource: string, name: string, { context, namespace }: AdmissionAttributes) => {
    const { verdict } = await server.policy.authorizer.authorize({
      user: context.user,
      verb,
      isResourceRequest: true,
      group: GROUP,
      version: 'v1',
      resource,
      subresource: '',
      namespace,
      name,
      path: '',
    })
    return verdict === 'allow'
  }

  const holdAll = (rules: readonly PolicyRule[], { context, namespace, kind, name, object }: AdmissionAttributes) => {
    const { user } = context
    const held = [...(server.policy.rbac?.rulesFor(user, namespace) ?? [])].flatMap(one => [...one.rules])
    const missing = notCovered(held, rules)
    if (missing.length === 0) return
    const who = `user ${JSON.stringify(user.name)} (groups=${listText(user.groups)})`
    const lines = missing.map(ruleText).sort().join('\n')
    throw forbidden(
      kind,
      name || (object?.metadata.generateName ?? ''),
      `${who} is attempting to grant RBAC permissions not currently held:\n${lines}`,
    )
  }

  return {
    name: 'RBACEscalation',
    handles: ({ operation, kind, subresource, context }) =>
      (operation === 'CREATE' || operation === 'UPDATE') &&
      kind.group === GROUP &&
      !subresource &&
      !context.user.groups.includes('system:masters'),

    async validate(attributes) {
      const { kind, object, oldObject, name, namespace } = attributes
      if (ROLES.has(kind.plural)) {
        const [now, before] = [object as ClusterRole, oldObject as ClusterRole | undefined]
        const same =
          before && deepEqual(now.rules, before.rules) && deepEqual(now.aggregationRule, before.aggregationRule)
        if (same || (await mayUse('escalate', kind.plural, name, attributes))) return
        // Whoever adds labels to a role decides what an aggregated one contains.
        holdAll(now.aggregationRule ? EVERYTHING : now.rules, attributes)
      } else if (BINDINGS.has(kind.plural)) {
        const [now, before] = [object as RoleBinding, oldObject as RoleBinding | undefined]
        if (before && deepEqual(now.subjects, before.subjects) && deepEqual(now.roleRef, before.roleRef)) return
        const ofCluster = now.roleRef.kind === 'ClusterRole'
        const { name: wanted } = now.roleRef
        if (await mayUse('bind', ofCluster ? 'clusterroles' : 'roles', wanted, attributes)) return
        const found = ofCluster ? clusterRoles.get(wanted) : roles.get(`${namespace}/${wanted}`)
        if (!found) throw notFound(ofCluster ? clusterRole : role, wanted)
        holdAll(found.object.rules, attributes)
      }
    },
  }
}
