import { kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { bool, type Infer, list, message, ref, string, types } from '../../apimachinery/schema/types.ts'
import { userInfo } from './user-info.ts'

export const tokenReviewSpec = message(
  'k8s.io.api.authentication.v1.TokenReviewSpec',
  {
    token: string(1).present().doc('The token.'),
    audiences: list(2, types.string).atomic().doc('Whom it should be for; the API server by default.'),
  },
  {
    doc: 'The token to check.',
  },
)
export interface TokenReviewSpec extends Infer<typeof tokenReviewSpec> {}

export const tokenReviewStatus = message(
  'k8s.io.api.authentication.v1.TokenReviewStatus',
  {
    authenticated: bool(1).doc('Whether it is good.'),
    user: ref(2, userInfo).always().doc('Whose it is.'),
    audiences: list(4, types.string).atomic().doc('Which of the audiences asked for it is for.'),
    error: string(3).doc('Why it could not be checked.'),
  },
  {
    doc: 'What the token says.',
  },
)
export interface TokenReviewStatus extends Infer<typeof tokenReviewStatus> {}

const fields = {
  spec: ref(2, tokenReviewSpec).present().doc('The token.'),
  status: ref(3, tokenReviewStatus).always().doc('What it says.'),
}
export interface TokenReview extends ObjectOf<typeof fields> {}

export const tokenReview = kind({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenReview',
  plural: 'tokenreviews',
  scope: 'Cluster',
  doc: 'Asks whose a token is.',
  fields,
  verbs: ['create'],
  virtual: true,
  tracksGeneration: false,
  validate({ spec }, at) {
    if (!spec.token) at.child('spec', 'token').required()
  },
})
