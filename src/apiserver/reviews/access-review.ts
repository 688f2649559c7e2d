import { localSubjectAccessReview } from '../../api/authorization/localsubjectaccessreview.ts'
import { selfSubjectAccessReview } from '../../api/authorization/selfsubjectaccessreview.ts'
import { subjectAccessReview } from '../../api/authorization/subjectaccessreview.ts'
import { badRequest } from '../../apimachinery/errors.ts'
import { escapeFieldValue } from '../../apimachinery/fields.ts'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import type { ApiServer } from '../apiserver.ts'
import type { UserInfo } from '../request.ts'
import type { Review } from './review.ts'

interface Selection {
  rawSelector?: string
  requirements?: { key?: string; operator?: string; values?: string[] }[]
}
interface AccessSpec {
  user?: string
  groups?: string[]
  uid?: string
  extra?: Record<string, string[]>
  resourceAttributes?: {
    namespace?: string
    verb?: string
    group?: string
    version?: string
    resource?: string
    subresource?: string
    name?: string
    fieldSelector?: Selection
    labelSelector?: Selection
  }
  nonResourceAttributes?: { path?: string; verb?: string }
}
type AccessReview = KubeObject & { spec: AccessSpec; status?: object }

async function decide(server: ApiServer, review: AccessReview, user: UserInfo): Promise<KubeObject> {
  const { resourceAttributes: resource, nonResourceAttributes: other } = review.spec
  if (!resource === !other)
    throw badRequest('exactly one of nonResourceAttributes or resourceAttributes must be specified')
  const { verdict, reason } = await server.policy.authorizer.authorize({
    user,
    isResourceRequest: !!resource,
    verb: resource?.verb ?? other?.verb ?? '',
    group: resource?.group ?? '',
    version: resource?.version ?? '',
    resource: resource?.resource ?? '',
    subresource: resource?.subresource ?? '',
    namespace: resource?.namespace ?? '',
    name: resource?.name ?? '',
    path: other?.path ?? '',
    fieldSelector: textOf(resource?.fieldSelector, value => escapeFieldValue(value)),
    labelSelector: textOf(resource?.labelSelector, value => value),
  })
  const status = {
    allowed: verdict === 'allow',
    ...(verdict === 'deny' && { denied: true }),
    ...(reason && { reason }),
  }
  return { ...review, status } as KubeObject
}

/** A selection as a request would have it. Parts that no selector can say are left out, which only widens it. */
function textOf(selection: Selection | undefined, escaped: (value: string) => string): string | undefined {
  if (!selection) return undefined
  const terms = (selection.requirements ?? []).flatMap(({ key = '', operator, values = [] }) => {
    const [single] = values
    if (operator === 'Exists') return [key]
    if (operator === 'DoesNotExist') return [`!${key}`]
    if (values.length === 1) return [`${key}${operator === 'In' ? '=' : '!='}${escaped(single!)}`]
    return operator === 'In' || operator === 'NotIn' ? [`${key} ${operator.toLowerCase()} (${values.join(',')})`] : []
  })
  return selection.rawSelector ?? terms.join(',')
}

function subjectOf({ spec }: AccessReview): UserInfo {
  if (!spec.user && !spec.groups?.length) throw badRequest('at least one of user or group must be specified')
  return { name: spec.user ?? '', groups: spec.groups ?? [], uid: spec.uid, extra: spec.extra }
}

/** May that subject do this? */
export const subjectAccess: Review = {
  kind: subjectAccessReview as unknown as Kind,
  answer: (server, object) => decide(server, object as AccessReview, subjectOf(object as AccessReview)),
}

/** The same, asked within one namespace. */
export const localSubjectAccess: Review = {
  kind: localSubjectAccessReview as unknown as Kind,
  answer(server, object, namespace) {
    const review = object as AccessReview
    if (review.spec.resourceAttributes?.namespace !== namespace) {
      throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${namespace}`)
    }
    return decide(server, review, subjectOf(review))
  },
}

/** May I do this? */
export const selfSubjectAccess: Review = {
  kind: selfSubjectAccessReview as unknown as Kind,
  answer: (server, object, _namespace, context) => decide(server, object as AccessReview, context.user),
}
