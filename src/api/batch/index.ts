export { type CronJob, cronJob } from './cronjob.ts'
export { type Job, job } from './job.ts'
