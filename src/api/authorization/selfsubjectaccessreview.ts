import { kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, message, ref } from '../../apimachinery/schema/types.ts'
import { nonResourceAttributes, resourceAttributes } from './attributes.ts'
import { nothingInMetadata, validateAttributes } from './review-rules.ts'
import { subjectAccessReviewStatus } from './subjectaccessreview.ts'

export const selfSubjectAccessReviewSpec = message(
  'k8s.io.api.authorization.v1.SelfSubjectAccessReviewSpec',
  {
    resourceAttributes: ref(1, resourceAttributes).doc('A request to a resource.'),
    nonResourceAttributes: ref(2, nonResourceAttributes).doc('A request to a path besides resources.'),
  },
  {
    doc: 'What one wants to do.',
  },
)
export interface SelfSubjectAccessReviewSpec extends Infer<typeof selfSubjectAccessReviewSpec> {}

const fields = {
  spec: ref(2, selfSubjectAccessReviewSpec).present().doc('What one wants to do.'),
  status: ref(3, subjectAccessReviewStatus).always().doc('Whether it is allowed.'),
}
export interface SelfSubjectAccessReview extends ObjectOf<typeof fields> {}

export const selfSubjectAccessReview = kind({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectAccessReview',
  plural: 'selfsubjectaccessreviews',
  scope: 'Cluster',
  doc: 'Asks whether oneself may do something.',
  fields,
  verbs: ['create'],
  virtual: true,
  tracksGeneration: false,
  validate({ metadata, spec }, at) {
    validateAttributes(spec, at.child('spec'))
    nothingInMetadata(metadata, false, at.child('metadata'))
  },
})
