import { localSubjectAccess, selfSubjectAccess, subjectAccess } from './access-review.ts'
import type { Review } from './review.ts'
import { selfSubject } from './self-subject.ts'
import { selfSubjectRules } from './self-subject-rules.ts'
import { tokenReviews } from './token-review.ts'

const REVIEWS: readonly Review[] = [
  localSubjectAccess,
  selfSubjectAccess,
  selfSubject,
  selfSubjectRules,
  subjectAccess,
  tokenReviews,
]

/** The review of a kind, by its name. */
export const reviewOf = (plural: string): Review | undefined => REVIEWS.find(review => review.kind.plural === plural)
