import { selfSubjectReview } from '../../api/authentication/selfsubjectreview.ts'
import { rfc3339 } from '../../apimachinery/clock.ts'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import type { Review } from './review.ts'

/** Who am I? */
export const selfSubject: Review = {
  kind: selfSubjectReview as unknown as Kind,
  answer(server, object, _namespace, { user }) {
    const { name: username, uid, groups, extra } = user
    const userInfo = { username, ...(uid && { uid }), groups, ...(extra && { extra }) }
    const metadata = { creationTimestamp: rfc3339(server.clock.now()) }
    return { ...object, metadata, status: { userInfo } } as KubeObject
  },
}
