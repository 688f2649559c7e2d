import { forbidden, type StatusError } from '../../apimachinery/errors.ts'
import type { UserInfo } from '../request.ts'

/** What a user wants to do: something to a resource, or a method on another path. */
export interface Attributes {
  readonly user: UserInfo
  readonly verb: string
  readonly isResourceRequest: boolean
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
  readonly path: string
  /** What a list or watch is narrowed down to, as sent. */
  readonly fieldSelector?: string
  readonly labelSelector?: string
}

export interface Decision {
  readonly verdict: 'allow' | 'deny' | 'no-opinion'
  readonly reason: string
}
export const NO_OPINION: Decision = { verdict: 'no-opinion', reason: '' }

export interface Authorizer {
  authorize(attributes: Attributes): Decision | Promise<Decision>
}

/** The group whose members may do anything, so that a cluster cannot lock itself out. */
const PRIVILEGED_GROUP = 'system:masters'

/** Asks each authorizer in turn; the first that allows or denies decides. Members of system:masters are not asked about. */
export function unionAuthorizer(authorizers: readonly Authorizer[]): Authorizer {
  return {
    async authorize(attributes) {
      if (attributes.user.groups.includes(PRIVILEGED_GROUP)) return { verdict: 'allow', reason: '' }
      const reasons: string[] = []
      for (const authorizer of authorizers) {
        const decision = await authorizer.authorize(attributes)
        if (decision.verdict !== 'no-opinion') return decision
        if (decision.reason) reasons.push(decision.reason)
      }
      return { verdict: 'no-opinion', reason: reasons.join('\n') }
    },
  }
}

/** The 403 of a refused request, worded as upstream (responsewriters.Forbidden). */
export function refusal(attributes: Attributes, reason: string): StatusError {
  const { user, verb, group, resource, subresource, namespace, name, path } = attributes
  const who = `User ${JSON.stringify(user.name)} cannot ${verb}`
  const because = reason && `: ${reason}`
  if (!attributes.isResourceRequest) {
    return forbidden({ group: '', plural: '' }, '', `${who} path ${JSON.stringify(path)}${because}`)
  }
  const what = subresource ? `${resource}/${subresource}` : resource
  const where = namespace ? `in the namespace ${JSON.stringify(namespace)}` : 'at the cluster scope'
  const why = `${who} resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)} ${where}${because}`
  return forbidden({ group, plural: resource }, name, why)
}
