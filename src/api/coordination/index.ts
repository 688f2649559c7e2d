export type * from './lease.ts'
export { lease } from './lease.ts'
export type * from './leasecandidate.ts'
export { leaseCandidate } from './leasecandidate.ts'
