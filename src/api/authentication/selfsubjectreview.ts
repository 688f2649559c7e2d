import { kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, message, ref } from '../../apimachinery/schema/types.ts'
import { userInfo } from './user-info.ts'

export const selfSubjectReviewStatus = message(
  'k8s.io.api.authentication.v1.SelfSubjectReviewStatus',
  {
    userInfo: ref(1, userInfo).always().doc('Who it is.'),
  },
  {
    doc: 'Who the writer is.',
  },
)
export interface SelfSubjectReviewStatus extends Infer<typeof selfSubjectReviewStatus> {}

const fields = {
  status: ref(2, selfSubjectReviewStatus).always().doc('Who it is.'),
}
export interface SelfSubjectReview extends ObjectOf<typeof fields> {}

export const selfSubjectReview = kind({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectReview',
  plural: 'selfsubjectreviews',
  scope: 'Cluster',
  doc: 'Asks who oneself is.',
  fields,
  verbs: ['create'],
  virtual: true,
})
