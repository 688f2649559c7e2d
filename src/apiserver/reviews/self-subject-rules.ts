import { selfSubjectRulesReview } from '../../api/authorization/selfsubjectrulesreview.ts'
import { badRequest } from '../../apimachinery/errors.ts'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import type { Review } from './review.ts'

/** What may I do in this namespace? */
export const selfSubjectRules: Review = {
  kind: selfSubjectRulesReview as unknown as Kind,
  answer(server, object, _namespace, { user }) {
    const { namespace } = (object as KubeObject & { spec: { namespace?: string } }).spec
    if (!namespace) throw badRequest('no namespace on request')
    const resourceRules: object[] = []
    const nonResourceRules: object[] = []
    if (user.groups.includes('system:masters')) {
      resourceRules.push({ verbs: ['*'], apiGroups: ['*'], resources: ['*'] })
      nonResourceRules.push({ verbs: ['*'], nonResourceURLs: ['*'] })
    }
    for (const { rules } of server.policy.rbac?.rulesFor(user, namespace) ?? []) {
      for (const { verbs = [], apiGroups, resources, resourceNames, nonResourceURLs } of rules) {
        if (resources?.length)
          resourceRules.push({ verbs, apiGroups, resources, ...(resourceNames && { resourceNames }) })
        if (nonResourceURLs?.length) nonResourceRules.push({ verbs, nonResourceURLs })
      }
    }
    const incomplete = server.policy.rulesIncomplete?.() ?? false
    const evaluationError = 'webhook authorizer does not support user rule resolution'
    const status = { resourceRules, nonResourceRules, incomplete, ...(incomplete && { evaluationError }) }
    return { ...object, status } as KubeObject
  },
}
