import { Counter, Gauge, type Registry } from 'prom-client'
import type { ControllerManager } from '../client/manager.ts'
import type { Scheduler } from '../scheduler/index.ts'

/** Offers the figures of the controllers' queues, under upstream's names (component-base metrics/prometheus/workqueue). */
export function registerControllerMetrics(registry: Registry, { queues }: ControllerManager): void {
  const common = { labelNames: ['name'], registers: [registry] }
  new Gauge({
    ...common,
    name: 'workqueue_depth',
    help: 'Keys that wait to be worked on now, by controller.',
    collect() {
      for (const [name, { counts }] of queues) this.set({ name }, counts.depth)
    },
  })
  const total = (name: string, help: string, which: 'adds' | 'retries') =>
    new Counter({
      ...common,
      name,
      help,
      collect() {
        this.reset()
        for (const [name, { counts }] of queues) this.inc({ name }, counts[which])
      },
    })
  total('workqueue_adds_total', 'Keys that were added, by controller.', 'adds')
  total('workqueue_retries_total', 'Keys that came back because working on them failed, by controller.', 'retries')
}

/** Offers the scheduler's figures, under upstream's names (pkg/scheduler/metrics). */
export function registerSchedulerMetrics(registry: Registry, scheduler: Scheduler): void {
  new Gauge({
    name: 'scheduler_pending_pods',
    help: 'Pods without a node, by how they wait.',
    labelNames: ['queue'],
    registers: [registry],
    collect() {
      for (const [queue, count] of Object.entries(scheduler.pending)) this.set({ queue }, count)
    },
  })
  new Counter({
    name: 'scheduler_schedule_attempts_total',
    help: 'Attempts to find pods a node, by what came of them.',
    labelNames: ['result', 'profile'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [profile, counts] of scheduler.attempts) {
        for (const [result, count] of Object.entries(counts)) this.inc({ result, profile }, count)
      }
    },
  })
}
