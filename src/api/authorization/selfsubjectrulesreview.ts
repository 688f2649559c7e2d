import { kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { bool, type Infer, list, message, ref, string, types } from '../../apimachinery/schema/types.ts'

export const resourceRule = message(
  'k8s.io.api.authorization.v1.ResourceRule',
  {
    verbs: list(1, types.string).present().atomic().doc('What may be done.'),
    apiGroups: list(2, types.string).atomic().doc('The API groups.'),
    resources: list(3, types.string).atomic().doc('The resources.'),
    resourceNames: list(4, types.string).atomic().doc('Only objects of these names; all when empty.'),
  },
  {
    doc: 'What may be done to which resources.',
  },
)
export interface ResourceRule extends Infer<typeof resourceRule> {}

export const nonResourceRule = message(
  'k8s.io.api.authorization.v1.NonResourceRule',
  {
    verbs: list(1, types.string).present().atomic().doc('What may be done.'),
    nonResourceURLs: list(2, types.string).atomic().doc('The paths.'),
  },
  {
    doc: 'What may be done to which paths.',
  },
)
export interface NonResourceRule extends Infer<typeof nonResourceRule> {}

export const selfSubjectRulesReviewSpec = message(
  'k8s.io.api.authorization.v1.SelfSubjectRulesReviewSpec',
  {
    namespace: string(1).doc('The namespace.'),
  },
  {
    doc: 'Where one asks about.',
  },
)
export interface SelfSubjectRulesReviewSpec extends Infer<typeof selfSubjectRulesReviewSpec> {}

export const subjectRulesReviewStatus = message(
  'k8s.io.api.authorization.v1.SubjectRulesReviewStatus',
  {
    resourceRules: list(1, resourceRule).present().atomic().doc('What may be done to which resources.'),
    nonResourceRules: list(2, nonResourceRule).present().atomic().doc('What may be done to which paths.'),
    incomplete: bool(3).present().doc('Whether there may be more than is listed.'),
    evaluationError: string(4).doc('What went wrong in finding out.'),
  },
  {
    doc: 'What one may do.',
  },
)
export interface SubjectRulesReviewStatus extends Infer<typeof subjectRulesReviewStatus> {}

const fields = {
  spec: ref(2, selfSubjectRulesReviewSpec).present().doc('Where one asks about.'),
  status: ref(3, subjectRulesReviewStatus).always().doc('What one may do.'),
}
export interface SelfSubjectRulesReview extends ObjectOf<typeof fields> {}

export const selfSubjectRulesReview = kind({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectRulesReview',
  plural: 'selfsubjectrulesreviews',
  scope: 'Cluster',
  doc: 'Asks what oneself may do in a namespace.',
  fields,
  verbs: ['create'],
  virtual: true,
  tracksGeneration: false,
})
