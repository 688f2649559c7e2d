import type { Clock } from '../apimachinery/clock.ts'
import type { Prometheus, Series } from './prometheus.ts'
import type { Rule } from './rule.ts'

/** A series that a rule makes a metric of. */
export interface KnownSeries {
  readonly metric: string
  readonly series: string
  readonly rule: Rule
  readonly labels: readonly string[]
}

export interface RegistryOptions {
  readonly prometheus: Prometheus
  readonly clock: Clock
  readonly rules: readonly Rule[]
  /** How old what is known of the series may be, in milliseconds; and how old the newest sample of a series. */
  readonly relistMs: number
  readonly maxAgeMs: number
  /** Called before series are looked at anew. */
  refresh?(): Promise<void>
}

/** Which metrics there are. Prometheus is asked when somebody wants to know, not more often than every `relistMs`. */
export class MetricRegistry {
  readonly #options: RegistryOptions
  #known: readonly KnownSeries[] = []
  #listed: { readonly at: number; readonly done: Promise<void> } | undefined

  constructor(options: RegistryOptions) {
    this.#options = options
  }

  /** All that is known. Rejects where Prometheus cannot be asked and never could. */
  async all(): Promise<readonly KnownSeries[]> {
    const { clock, relistMs } = this.#options
    if (!this.#listed || clock.now() - this.#listed.at >= relistMs) {
      this.#listed = { at: clock.now(), done: this.#list() }
      this.#listed.done.catch(() => {
        this.#listed = undefined
      })
    }
    try {
      await this.#listed.done
    } catch (error) {
      // What was known a while ago is better than nothing.
      if (this.#known.length === 0) throw error
    }
    return this.#known
  }

  async #list(): Promise<void> {
    const { prometheus, clock, rules, maxAgeMs, refresh } = this.#options
    await refresh?.()
    const since = clock.now() - maxAgeMs
    const queries = [...new Set(rules.map(({ seriesQuery }) => seriesQuery))]
    const found = new Map(
      await Promise.all(queries.map(async query => [query, await prometheus.series(query, since)] as const)),
    )
    this.#known = rules.flatMap(rule => metricsIn(found.get(rule.seriesQuery)!, rule))
  }
}

/** What a rule makes of series: one metric for each name, with the labels that any of its series has. */
function metricsIn(all: readonly Series[], rule: Rule): KnownSeries[] {
  const labels = new Map<string, Set<string>>()
  for (const { __name__: name = '', ...rest } of all) {
    const known = labels.get(name) ?? new Set()
    labels.set(name, known)
    for (const label of Object.keys(rest)) known.add(label)
  }
  return [...labels].flatMap(([series, names]) => {
    const metric = rule.metricOf(series)
    return metric ? [{ metric, series, rule, labels: [...names] }] : []
  })
}
