import { tokenReview } from '../../api/authentication/tokenreview.ts'
import { StatusError } from '../../apimachinery/errors.ts'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import type { UserInfo } from '../request.ts'
import type { Review } from './review.ts'

/** Whose token is this? */
export const tokenReviews: Review = {
  kind: tokenReview as unknown as Kind,
  async answer(server, object) {
    const { token = '', audiences = [] } = (object as KubeObject & { spec: { token?: string; audiences?: string[] } })
      .spec
    const answered = (status: object) => ({ ...object, status }) as KubeObject
    const wanted = audiences.length > 0 ? audiences : server.tokens.audiences
    try {
      const known = server.tokens.review(token, wanted)
      if (known) return answered({ authenticated: true, user: shown(known.user), audiences: known.audiences })
      for (const authenticator of server.policy.authenticators) {
        const user = await authenticator.authenticate({ bearerToken: token, certificate: undefined, remoteAddress: '' })
        if (user) return answered({ authenticated: true, user: shown(user) })
      }
      return answered({ user: {} })
    } catch (error) {
      if (!(error instanceof StatusError)) throw error
      return answered({ user: {}, error: '[invalid bearer token]' })
    }
  },
}

function shown({ name, uid, groups, extra }: UserInfo): object {
  return { username: name, ...(uid && { uid }), groups, ...(extra && { extra }) }
}
