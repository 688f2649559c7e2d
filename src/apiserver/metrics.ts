import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { AccessMetrics } from './access-metrics.ts'

/** The API server's own figures, under upstream's names (component-base metrics). */
export class ServerMetrics {
  readonly registry = new Registry()
  readonly requests = new Counter({
    name: 'apiserver_request_total',
    help: 'Requests by verb, resource and answer code.',
    labelNames: ['verb', 'group', 'version', 'resource', 'subresource', 'scope', 'code'],
    registers: [this.registry],
  })
  readonly duration = new Histogram({
    name: 'apiserver_request_duration_seconds',
    help: 'Time to answer, in seconds, watches and connections aside.',
    labelNames: ['verb', 'group', 'version', 'resource', 'subresource', 'scope'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers: [this.registry],
  })
  readonly inFlight = new Gauge({
    name: 'apiserver_current_inflight_requests',
    help: 'Requests being answered now.',
    labelNames: ['request_kind'],
    registers: [this.registry],
  })
  readonly watchers = new Gauge({
    name: 'apiserver_longrunning_requests',
    help: 'Watches and connections that are open now.',
    labelNames: ['verb', 'group', 'version', 'resource', 'subresource', 'scope'],
    registers: [this.registry],
  })
  readonly objects = new Gauge({
    name: 'apiserver_storage_objects',
    help: 'Objects stored, by resource.',
    labelNames: ['resource'],
    registers: [this.registry],
  })
  readonly access = new AccessMetrics(this.registry)
  readonly #webhookFailures = new Counter({
    name: 'apiserver_admission_webhook_rejection_count',
    help: 'Requests that were stopped because an admission webhook failed, by webhook.',
    labelNames: ['name'],
    registers: [this.registry],
  })
  readonly #webhooksPassedBy = new Counter({
    name: 'apiserver_admission_webhook_fail_open_count',
    help: 'Requests that went on although an admission webhook failed, by webhook.',
    labelNames: ['name'],
    registers: [this.registry],
  })
  #defaults = false

  /** An admission webhook could not be asked; `open`: the request went on without it. */
  webhookFailed(name: string, open: boolean): void {
    const counter = open ? this.#webhooksPassedBy : this.#webhookFailures
    counter.inc({ name })
  }

  /** Everything in Prometheus' text form. */
  async text(): Promise<string> {
    if (!this.#defaults) collectDefaultMetrics({ register: this.registry })
    this.#defaults = true
    return this.registry.metrics()
  }
}
