import { type ClusterRole, clusterRole } from '../api/rbac/clusterrole.ts'
import { deepEqual } from '../apimachinery/json.ts'
import { selectorOf } from '../apimachinery/labels.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { type Controller, controller, type ReconcileContext, watching } from '../client/controller.ts'
import { keyOf } from '../client/informer.ts'

/** Fills cluster roles that are made up of others with their rules (upstream pkg/controller/clusterroleaggregation). */
export const clusterRoleAggregationController: Controller = controller({
  name: 'clusterrole-aggregation',
  for: clusterRole,
  watches: [
    watching(clusterRole, (_object, _previous, { informer }: ReconcileContext) =>
      informer(clusterRole)
        .list()
        .filter(({ aggregationRule }) => aggregationRule)
        .map(keyOf),
    ),
  ],
  // Rules that this controller does not have itself pass through its hands.
  writes: [{ kind: clusterRole as unknown as Kind, verbs: ['escalate', 'update'] }],

  async reconcile(role: ClusterRole, { client, informer }) {
    const selectors = role.aggregationRule?.clusterRoleSelectors?.map(selectorOf)
    if (!selectors) return
    const all = informer(clusterRole)
      .list()
      .sort((a, b) => (a.metadata.name! < b.metadata.name! ? -1 : 1))
    const rules: ClusterRole['rules'][number][] = []
    for (const selector of selectors) {
      for (const other of all) {
        if (other.metadata.name === role.metadata.name || !selector.matches(other.metadata.labels)) continue
        for (const rule of other.rules) if (!rules.some(known => deepEqual(known, rule))) rules.push(rule)
      }
    }
    if (!deepEqual(rules, role.rules)) await client.update(clusterRole, { ...role, rules })
  },
})
