export type * from './priorityclass.ts'
export { priorityClass } from './priorityclass.ts'
