export { type SelfSubjectReview, selfSubjectReview } from './selfsubjectreview.ts'
export { type TokenRequest, tokenRequest } from './tokenrequest.ts'
export { type TokenReview, tokenReview } from './tokenreview.ts'
