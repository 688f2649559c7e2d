export type * from './eviction.ts'
export { eviction } from './eviction.ts'
export type * from './poddisruptionbudget.ts'
export { podDisruptionBudget } from './poddisruptionbudget.ts'
