export { type LocalSubjectAccessReview, localSubjectAccessReview } from './localsubjectaccessreview.ts'
export { type SelfSubjectAccessReview, selfSubjectAccessReview } from './selfsubjectaccessreview.ts'
export { type SelfSubjectRulesReview, selfSubjectRulesReview } from './selfsubjectrulesreview.ts'
export { type SubjectAccessReview, subjectAccessReview } from './subjectaccessreview.ts'
