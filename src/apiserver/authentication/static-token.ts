import { timingSafeEqual } from 'node:crypto'
import type { UserInfo } from '../request.ts'
import type { Authenticator } from './authenticator.ts'

/** Knows users by fixed tokens, as upstream's --token-auth-file does. */
export function staticTokenAuthenticator(tokens: ReadonlyMap<string, UserInfo>): Authenticator {
  const known = [...tokens].map(([token, user]) => ({ token: Buffer.from(token), user }))
  return {
    authenticate({ bearerToken }) {
      if (!bearerToken || known.length === 0) return undefined
      const given = Buffer.from(bearerToken)
      const found = known.find(({ token }) => token.length === given.length && timingSafeEqual(token, given))
      return found && { user: found.user }
    },
  }
}
