export type * from './cronjob.ts'
export { cronJob } from './cronjob.ts'
export type * from './job.ts'
export { job } from './job.ts'
