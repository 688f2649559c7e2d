export { type Eviction, eviction } from './eviction.ts'
export { type PodDisruptionBudget, podDisruptionBudget } from './poddisruptionbudget.ts'
