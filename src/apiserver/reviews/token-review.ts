import { tokenReview } from '../../api/authentication/tokenreview.ts'
import { badRequest } from '../../apimachinery/errors.ts'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import { identify, NotAuthenticated } from '../authentication/authenticator.ts'
import type { UserInfo } from '../request.ts'
import type { Review } from './review.ts'

/** Whose token is this? (upstream registry/authentication/tokenreview) */
export const tokenReviews: Review = {
  kind: tokenReview as unknown as Kind,
  async answer(server, object) {
    const { token, audiences = [] } = (object as KubeObject & { spec: { token?: string; audiences?: string[] } }).spec
    if (!token) throw badRequest('token is required for TokenReview in authentication')
    const answered = (status: object) => ({ ...object, status }) as KubeObject
    const credentials = {
      bearerToken: token,
      certificate: undefined,
      remoteAddress: '',
      headers: {},
      path: '',
      ...(audiences.length > 0 && { audiences }),
    }
    try {
      const { user, audiences: meant } = (await identify(server.policy.authenticators, credentials))!
      return answered({ authenticated: true, user: shown(user), ...(meant && { audiences: meant }) })
    } catch (error) {
      if (!(error instanceof NotAuthenticated)) throw error
      return answered({ user: {}, error: error.message })
    }
  },
}

function shown({ name, uid, groups, extra }: UserInfo): object {
  return { username: name, ...(uid && { uid }), groups, ...(extra && { extra }) }
}
