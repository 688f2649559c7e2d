export { type KubeSchedulerConfiguration, kubeSchedulerConfiguration } from './config/configuration.ts'
export { type Scheduler, type SchedulerOptions, startScheduler } from './scheduler.ts'
