import { kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { ref } from '../../apimachinery/schema/types.ts'
import { nothingInMetadata, validateSubject } from './review-rules.ts'
import { subjectAccessReviewSpec, subjectAccessReviewStatus } from './subjectaccessreview.ts'

const fields = {
  spec: ref(2, subjectAccessReviewSpec).present().doc('Who wants to do what.'),
  status: ref(3, subjectAccessReviewStatus).always().doc('Whether it is allowed.'),
}
export interface LocalSubjectAccessReview extends ObjectOf<typeof fields> {}

export const localSubjectAccessReview = kind({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'LocalSubjectAccessReview',
  plural: 'localsubjectaccessreviews',
  scope: 'Namespaced',
  doc: 'Asks whether someone may do something in a namespace.',
  fields,
  verbs: ['create'],
  virtual: true,
  tracksGeneration: false,
  validate({ metadata, spec }, at) {
    validateSubject(spec, at.child('spec'))
    nothingInMetadata(metadata, true, at.child('metadata'))
    const namespace = spec.resourceAttributes?.namespace ?? ''
    if (spec.resourceAttributes && namespace !== metadata.namespace) {
      at.child('spec', 'resourceAttributes', 'namespace').invalid(namespace, 'must match metadata.namespace')
    }
    if (spec.nonResourceAttributes) {
      at.child('spec', 'nonResourceAttributes').invalid(
        spec.nonResourceAttributes,
        'disallowed on this kind of request',
      )
    }
  },
})
