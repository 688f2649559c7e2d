import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { AccessMetrics } from './access-metrics.ts'

/** A webhook that was asked about a request; `type` as upstream calls those that change objects and those that check. */
export interface AskedWebhook {
  readonly name: string
  readonly type: 'admit' | 'validating'
  readonly operation: string
}

/** The API server's own figures, under upstream's names (component-base metrics). */
export class ServerMetrics {
  readonly registry = new Registry()
  readonly requests = new Counter({
    name: 'apiserver_request_total',
    help: 'Requests by verb, resource and answer code.',
    labelNames: ['verb', 'dry_run', 'group', 'version', 'resource', 'subresource', 'scope', 'component', 'code'],
    registers: [this.registry],
  })
  readonly duration = new Histogram({
    name: 'apiserver_request_duration_seconds',
    help: 'Time to answer, in seconds, watches and connections aside.',
    labelNames: ['verb', 'dry_run', 'group', 'version', 'resource', 'subresource', 'scope', 'component'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers: [this.registry],
  })
  readonly inFlight = new Gauge({
    name: 'apiserver_current_inflight_requests',
    help: 'Requests being answered now.',
    labelNames: ['request_kind'],
    registers: [this.registry],
  })
  readonly longRunning = new Gauge({
    name: 'apiserver_longrunning_requests',
    help: 'Watches and connections that are open now.',
    labelNames: ['verb', 'group', 'version', 'resource', 'subresource', 'scope', 'component'],
    registers: [this.registry],
  })
  readonly objects = new Gauge({
    name: 'apiserver_storage_objects',
    help: 'Objects stored, by resource.',
    labelNames: ['resource'],
    registers: [this.registry],
  })
  readonly access = new AccessMetrics(this.registry)
  readonly #rejections = new Counter({
    name: 'apiserver_admission_webhook_rejection_count',
    help: 'Requests that were stopped by an admission webhook or because it failed.',
    labelNames: ['name', 'type', 'operation', 'error_type', 'rejection_code'],
    registers: [this.registry],
  })
  readonly #webhooksPassedBy = new Counter({
    name: 'apiserver_admission_webhook_fail_open_count',
    help: 'Requests that went on although an admission webhook failed, by webhook.',
    labelNames: ['name', 'type'],
    registers: [this.registry],
  })
  #defaults = false

  /** An admission webhook could not be asked, and the request went on without it. */
  webhookPassedBy({ name, type }: AskedWebhook): void {
    this.#webhooksPassedBy.inc({ name, type })
  }

  /** An admission webhook stopped a request: with the code of its refusal, or, where there is none, by failing. */
  webhookRejected({ name, type, operation }: AskedWebhook, code?: number): void {
    this.#rejections.inc({
      name,
      type,
      operation,
      error_type: code === undefined ? 'calling_webhook_error' : 'no_error',
      rejection_code: String(Math.min(code ?? 0, 600)),
    })
  }

  /** Everything in Prometheus' text form. */
  async text(): Promise<string> {
    if (!this.#defaults) collectDefaultMetrics({ register: this.registry })
    this.#defaults = true
    return this.registry.metrics()
  }
}
