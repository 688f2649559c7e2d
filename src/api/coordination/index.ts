export type * from './lease.ts'
export { lease } from './lease.ts'
