import { Counter, type Registry } from 'prom-client'
import type { Clock } from '../../apimachinery/clock.ts'
import { policyEvaluator } from './evaluate.ts'
import type { AuditBackend, AuditEvent } from './event.ts'
import { LogBackend, type LogOptions } from './log-backend.ts'
import type { Policy } from './policy.ts'
import { type Arrival, AuditRecord } from './record.ts'
import { WebhookBackend, type WebhookOptions } from './webhook-backend.ts'

/** What is recorded, and where it is kept. */
export interface AuditOptions {
  readonly policy: Policy
  readonly log?: LogOptions
  readonly webhook?: WebhookOptions
}

/** Records requests as a policy says. There is none where nothing is to be recorded. */
export class Auditor {
  readonly #clock: Clock
  readonly #evaluate: ReturnType<typeof policyEvaluator>
  readonly #backends: readonly (readonly [plugin: string, backend: AuditBackend])[]
  readonly #events: Counter
  readonly #errors: Counter<'plugin'>
  readonly #levels: Counter<'level'>

  constructor({ policy, log, webhook }: AuditOptions, clock: Clock, registry: Registry) {
    this.#clock = clock
    this.#evaluate = policyEvaluator(policy)
    const counter = <L extends string>(name: string, help: string, labelNames: L[]) =>
      new Counter({ name: `apiserver_audit_${name}`, help, labelNames, registers: [registry] })
    this.#events = counter('event_total', 'Audit events that were made.', [])
    this.#errors = counter('error_total', 'Audit events that could not be kept, by backend.', ['plugin'])
    this.#levels = counter('level_total', 'Requests by the level they are recorded at.', ['level'])
    const failed = (plugin: string) => (count: number, error: unknown) => this.#failed(plugin, count, error)
    this.#backends = [
      ...(log ? [['log', new LogBackend(log, clock)] as const] : []),
      ...(webhook ? [['webhook', new WebhookBackend(webhook, clock, failed('webhook'))] as const] : []),
    ]
  }

  /** Begins to record a request; undefined where the policy says that it is not recorded. */
  begin(arrival: Arrival): AuditRecord | undefined {
    const record = this.#recordOf(arrival)
    record?.stage('RequestReceived')
    return record
  }

  /** Records a request whose credentials are wrong. */
  unauthenticated(arrival: Arrival, attempted: readonly string[]): void {
    const record = this.#recordOf(arrival)
    const how = attempted.length > 0 ? `attempted: ${attempted.join(', ')}` : 'no credentials provided'
    record?.responseStatus({ metadata: {}, message: `Authentication failed, ${how}`, code: 401 })
    record?.stage('ResponseStarted')
  }

  /** Resolves once the backends have what was recorded. */
  async close(): Promise<void> {
    await Promise.all(this.#backends.map(([, backend]) => backend.close()))
  }

  #recordOf(arrival: Arrival): AuditRecord | undefined {
    const config = this.#evaluate(arrival.info, arrival.user)
    this.#levels.inc({ level: config.level })
    if (config.level === 'None') return undefined
    return new AuditRecord(
      arrival,
      config,
      () => this.#clock.now(),
      event => this.#write(event),
    )
  }

  #write(event: AuditEvent): void {
    this.#events.inc()
    for (const [plugin, backend] of this.#backends) {
      try {
        backend.take(event)
      } catch (error) {
        this.#failed(plugin, 1, error)
      }
    }
  }

  #failed(plugin: string, count: number, error: unknown): void {
    this.#errors.inc({ plugin }, count)
    process.stderr.write(`audit: ${plugin}: ${count} events were lost: ${(error as Error).message}\n`)
  }
}
