import { Counter, Gauge, type Registry } from 'prom-client'
import type { Kind } from '../apimachinery/schema/kind.ts'
import type { Decision } from './authorization/authorizer.ts'
import { type Distribution, FlowHistogram } from './flowcontrol/histogram.ts'

/** A millisecond, doubled up to 16 seconds. */
const SECONDS = Array.from({ length: 15 }, (_, i) => 0.001 * 2 ** i)
/** Names that are no secret and not too many to tell apart. */
const KNOWN_NAMES = new Set(['admin', 'client', 'kube_proxy', 'kubelet', 'system:serviceaccount:kube-system:default'])

type AuthenticationResult = 'success' | 'failure' | 'error'
type AuthorizationResult = 'allowed' | 'denied' | 'no-opinion' | 'error'
const RESULTS: Readonly<Record<Decision['verdict'], AuthorizationResult>> = {
  allow: 'allowed',
  deny: 'denied',
  'no-opinion': 'no-opinion',
}

/** How often and how long, by what came of it. Counting is all that is done until somebody asks. */
class Attempts<R extends string> {
  readonly #byResult = new Map<R, Distribution>()
  readonly #durations: FlowHistogram

  constructor(registry: Registry, counter: string, histogram: string, what: string) {
    this.#durations = new FlowHistogram(registry, histogram, `Time that ${what} took, in seconds.`, SECONDS)
    const byResult = this.#byResult
    new Counter({
      name: counter,
      help: `How often there was ${what}, by what came of it.`,
      labelNames: ['result'],
      registers: [registry],
      collect() {
        this.reset()
        for (const [result, { counts }] of byResult)
          this.inc(
            { result },
            counts.reduce((sum, count) => sum + count, 0),
          )
      },
    })
  }

  note(result: R, ms: number): void {
    let distribution = this.#byResult.get(result)
    if (!distribution) {
      distribution = this.#durations.with({ result })
      this.#byResult.set(result, distribution)
    }
    distribution.observe(ms / 1000)
  }
}

/** Figures about who asks and what they may, under upstream's names (apiserver endpoints/filters and endpoints/metrics). */
export class AccessMetrics {
  readonly #authentication: Attempts<AuthenticationResult>
  readonly #authorization: Attempts<AuthorizationResult>
  readonly #users: Counter
  readonly #deprecated: Gauge
  readonly #told = new Map<Kind, Set<string>>()

  constructor(registry: Registry) {
    const registers = [registry]
    this.#authentication = new Attempts(
      registry,
      'authentication_attempts',
      'authentication_duration_seconds',
      'an authentication',
    )
    this.#authorization = new Attempts(
      registry,
      'authorization_attempts_total',
      'authorization_duration_seconds',
      'an authorization',
    )
    this.#users = new Counter({
      name: 'authenticated_user_requests',
      help: 'Requests of those who are known, by name where that tells nothing of people.',
      labelNames: ['username'],
      registers,
    })
    this.#deprecated = new Gauge({
      name: 'apiserver_requested_deprecated_apis',
      help: 'Deprecated versions that were asked for, with the release from which on they are gone.',
      labelNames: ['group', 'version', 'resource', 'subresource', 'removed_release'],
      registers,
    })
  }

  /** Somebody was found out to be somebody. */
  authenticated(name: string, ms: number): void {
    this.#authentication.note('success', ms)
    const username = KNOWN_NAMES.has(name) ? name : name.includes('@') ? 'email_id' : 'other'
    this.#users.inc({ username })
  }

  /** `known`: that the credentials are wrong, and not what is wrong with how they are checked. */
  unauthenticated(known: boolean, ms: number): void {
    this.#authentication.note(known ? 'failure' : 'error', ms)
  }

  authorized(verdict: Decision['verdict'] | undefined, ms: number): void {
    this.#authorization.note(verdict ? RESULTS[verdict] : 'error', ms)
  }

  /** A deprecated version was asked for. */
  requestedDeprecated(kind: Kind, subresource: string): void {
    const told = this.#told.get(kind) ?? new Set()
    if (told.has(subresource)) return
    this.#told.set(kind, told.add(subresource))
    const { group, version, plural: resource, deprecated } = kind
    this.#deprecated.set(
      { group, version, resource, subresource, removed_release: deprecated?.removedRelease ?? '' },
      1,
    )
  }
}
