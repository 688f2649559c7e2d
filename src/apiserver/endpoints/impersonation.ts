import { badRequest } from '../../apimachinery/errors.ts'
import { ANONYMOUS, AUTHENTICATED, UNAUTHENTICATED } from '../authentication/authenticator.ts'
import { type Authorizer, refusal } from '../authorization/authorizer.ts'
import type { UserInfo } from '../request.ts'
import type { Exchange } from '../server/exchange.ts'

const EXTRA = 'impersonate-extra-'

/** The user a request wants to act as, if it asks for that and may (upstream filters/impersonation). */
export async function impersonated(
  user: UserInfo,
  headers: Exchange['headers'],
  authorizer: Authorizer,
): Promise<UserInfo> {
  const name = headers['impersonate-user'] as string | undefined
  const uid = headers['impersonate-uid'] as string | undefined
  const groups = listOf(headers['impersonate-group'])
  const extra = Object.fromEntries(
    Object.entries(headers)
      .filter(([key]) => key.startsWith(EXTRA))
      .map(([key, value]) => [unescaped(key.slice(EXTRA.length)), listOf(value)]),
  )
  if (!name) {
    const others = [...groups, ...Object.keys(extra), ...(uid ? [uid] : [])]
    if (others.length === 0) return user
    throw badRequest(`requested [${others.join(' ')}] without impersonating a user`)
  }
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name)
  if (account) await check(authorizer, user, '', 'serviceaccounts', account[2]!, account[1]!)
  else await check(authorizer, user, '', 'users', name)
  for (const group of groups) await check(authorizer, user, '', 'groups', group)
  for (const [key, values] of Object.entries(extra)) {
    for (const value of values) await check(authorizer, user, 'authentication.k8s.io', 'userextras', value, '', key)
  }
  if (uid) await check(authorizer, user, 'authentication.k8s.io', 'uids', uid)
  const implied = account ? ['system:serviceaccounts', `system:serviceaccounts:${account[1]}`] : []
  const known = groups.includes(UNAUTHENTICATED) ? [] : [name === ANONYMOUS.name ? UNAUTHENTICATED : AUTHENTICATED]
  const all = new Set([...(groups.length > 0 ? groups : implied), ...known])
  return { name, groups: [...all], ...(Object.keys(extra).length > 0 && { extra }), ...(uid && { uid }) }
}

async function check(
  authorizer: Authorizer,
  user: UserInfo,
  group: string,
  resource: string,
  name: string,
  namespace = '',
  subresource = '',
): Promise<void> {
  const attributes = {
    user,
    verb: 'impersonate',
    isResourceRequest: true,
    group,
    version: 'v1',
    resource,
    subresource,
    namespace,
    name,
    path: '',
  }
  const decision = await authorizer.authorize(attributes)
  if (decision.verdict !== 'allow') throw refusal(attributes, decision.reason)
}

/** Keys are percent-encoded; what is not is taken as it stands. */
function unescaped(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}

/** Repeated headers arrive joined by commas. */
function listOf(value: string | string[] | undefined): string[] {
  if (value === undefined) return []
  return (Array.isArray(value) ? value : value.split(', ')).filter(Boolean)
}
