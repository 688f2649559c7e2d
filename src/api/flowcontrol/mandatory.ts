import { deepEqual } from '../../apimachinery/json.ts'
import type { FlowSchemaSpec } from './flowschema.ts'
import type { PriorityLevelConfigurationSpec } from './prioritylevelconfiguration.ts'

/**
 * The objects of this group that every cluster has and whose specs are fixed (upstream's
 * apiserver/pkg/apis/flowcontrol/bootstrap).
 */

const everythingBy = (...groups: string[]) => ({
  subjects: groups.map(name => ({ kind: 'Group', group: { name } })),
  resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] }],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
})

const FLOW_SCHEMAS: Readonly<Record<string, FlowSchemaSpec>> = {
  exempt: {
    priorityLevelConfiguration: { name: 'exempt' },
    matchingPrecedence: 1,
    rules: [everythingBy('system:masters')],
  },
  'catch-all': {
    priorityLevelConfiguration: { name: 'catch-all' },
    matchingPrecedence: 10_000,
    distinguisherMethod: { type: 'ByUser' },
    rules: [everythingBy('system:unauthenticated', 'system:authenticated')],
  },
}

const PRIORITY_LEVELS: Readonly<Record<string, PriorityLevelConfigurationSpec>> = {
  exempt: { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } },
  'catch-all': {
    type: 'Limited',
    limited: { nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: { type: 'Reject' } },
  },
}

/** Whether a schema of that name may look so: false only for the mandatory ones with another spec. */
export const isMandatoryFlowSchema = (name: string, spec: FlowSchemaSpec): boolean =>
  !Object.hasOwn(FLOW_SCHEMAS, name) || deepEqual(spec, FLOW_SCHEMAS[name])

/** The same for priority levels; what the exempt one lends may change. */
export function isMandatoryPriorityLevel(name: string, spec: PriorityLevelConfigurationSpec): boolean {
  if (!Object.hasOwn(PRIORITY_LEVELS, name)) return true
  const fixed = PRIORITY_LEVELS[name]!
  return deepEqual(name === 'exempt' ? { ...spec, exempt: fixed.exempt } : spec, fixed)
}
