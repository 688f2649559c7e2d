import { kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { bool, type Infer, list, map, message, ref, string, types } from '../../apimachinery/schema/types.ts'
import { nonResourceAttributes, resourceAttributes } from './attributes.ts'
import { nothingInMetadata, validateSubject } from './review-rules.ts'

export const subjectAccessReviewSpec = message(
  'k8s.io.api.authorization.v1.SubjectAccessReviewSpec',
  {
    resourceAttributes: ref(1, resourceAttributes).doc('A request to a resource.'),
    nonResourceAttributes: ref(2, nonResourceAttributes).doc('A request to a path besides resources.'),
    user: string(3).doc('The user.'),
    groups: list(4, types.string).atomic().doc("The user's groups."),
    extra: map(5, types.list(types.string)).doc('What else the authenticator said.'),
    uid: string(6).doc("The user's id."),
  },
  {
    doc: 'Who wants to do what.',
  },
)
export interface SubjectAccessReviewSpec extends Infer<typeof subjectAccessReviewSpec> {}

export const subjectAccessReviewStatus = message(
  'k8s.io.api.authorization.v1.SubjectAccessReviewStatus',
  {
    allowed: bool(1).present().doc('Whether it is allowed.'),
    denied: bool(4).doc('Whether it is denied, whatever others say.'),
    reason: string(2).doc('Why.'),
    evaluationError: string(3).doc('What went wrong in finding out.'),
  },
  {
    doc: 'Whether it is allowed.',
  },
)
export interface SubjectAccessReviewStatus extends Infer<typeof subjectAccessReviewStatus> {}

const fields = {
  spec: ref(2, subjectAccessReviewSpec).present().doc('Who wants to do what.'),
  status: ref(3, subjectAccessReviewStatus).always().doc('Whether it is allowed.'),
}
export interface SubjectAccessReview extends ObjectOf<typeof fields> {}

export const subjectAccessReview = kind({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SubjectAccessReview',
  plural: 'subjectaccessreviews',
  scope: 'Cluster',
  doc: 'Asks whether someone may do something.',
  fields,
  verbs: ['create'],
  virtual: true,
  tracksGeneration: false,
  validate({ metadata, spec }, at) {
    validateSubject(spec, at.child('spec'))
    nothingInMetadata(metadata, false, at.child('metadata'))
  },
})
