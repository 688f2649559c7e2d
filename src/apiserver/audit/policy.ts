import type { ConfigFile } from '../../apimachinery/config-file.ts'
import { bool, type Infer, list, message, string, types } from '../../apimachinery/schema/types.ts'
import { validatePolicy } from './validate.ts'

const PACKAGE = 'k8s.io.apiserver.pkg.apis.audit.v1'

const groupResources = message(
  `${PACKAGE}.GroupResources`,
  {
    group: string(1).doc('The API group; empty for the core group, * for all.'),
    resources: list(2, types.string).doc('As pods, pods/log, pods/*, */scale or *; all when left out.'),
    resourceNames: list(3, types.string).doc('Names of objects; all when left out.'),
  },
  { doc: 'Some resources of a group.' },
)

const policyRule = message(
  `${PACKAGE}.PolicyRule`,
  {
    level: string(1).present().doc('None, Metadata, Request or RequestResponse.'),
    users: list(2, types.string).doc('By whom; by all when left out.'),
    userGroups: list(3, types.string).doc('By members of which groups; by all when left out.'),
    verbs: list(4, types.string).doc('Which verbs; all when left out.'),
    resources: list(5, groupResources).doc('About which resources; about all when left out.'),
    namespaces: list(6, types.string).doc('In which namespaces, empty for none; in all when left out.'),
    nonResourceURLs: list(7, types.string).doc('About which other paths.'),
    omitStages: list(8, types.string).doc('Stages without an event.'),
    omitManagedFields: bool(9).pointer().doc('Whether managedFields are left out of bodies.'),
  },
  { doc: 'How some requests are recorded.' },
)
export interface PolicyRule extends Infer<typeof policyRule> {}

const policy = message(
  `${PACKAGE}.Policy`,
  {
    rules: list(2, policyRule).present().doc('The first that matches decides.'),
    omitStages: list(3, types.string).doc('Stages without an event, whatever the rule.'),
    omitManagedFields: bool(4).doc('Whether managedFields are left out of bodies where a rule does not say.'),
  },
  { doc: 'Which requests are recorded, and how much of them.' },
)
export interface Policy extends Infer<typeof policy> {}

/** The file of --audit-policy-file. */
export const auditPolicy: ConfigFile<typeof policy> = {
  what: 'audit policy',
  kind: 'Policy',
  apiVersions: ['audit.k8s.io/v1'],
  message: policy,
  validate: validatePolicy,
}
