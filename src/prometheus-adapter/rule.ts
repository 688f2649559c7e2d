import { matchesRe2 } from '../apimachinery/re2.ts'
import type { DiscoveryRule } from './configuration.ts'
import { LabelResources } from './label-resources.ts'
import { formatMatchers, type Matcher, valuesByName } from './matchers.ts'
import { type MetricNamer, metricNamer } from './metric-name.ts'
import { renderQuery } from './query-template.ts'
import type { ResourceKinds } from './resource-kinds.ts'

/** All of a metric, summed up. */
const DEFAULT_QUERY = 'sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)'

/** A rule, ready to be applied. */
export class Rule {
  readonly seriesQuery: string
  readonly resources: LabelResources
  /** Whether what it makes is of a namespace. */
  readonly namespaced: boolean
  readonly #rule: DiscoveryRule
  readonly #namer: MetricNamer

  /** Throws Error where the rule cannot be used. */
  constructor(rule: DiscoveryRule, kinds: ResourceKinds) {
    this.#rule = rule
    this.seriesQuery = rule.seriesQuery
    this.resources = new LabelResources(rule.resources ?? {}, kinds)
    this.namespaced = rule.resources?.namespaced ?? true
    this.#namer = metricNamer(rule.name)
    // A mistake is better found now than when somebody asks.
    this.query('series', [], '')
    this.metricOf('series')
  }

  /** What a series is called as a metric; undefined where it becomes none. */
  metricOf(series: string): string | undefined {
    const { seriesFilters = [] } = this.#rule
    const taken = seriesFilters.every(
      ({ is, isNot }) => (!is || matchesRe2(is, series)) && (!isNot || !matchesRe2(isNot, series)),
    )
    return taken ? this.#namer(series) : undefined
  }

  /** The query for a series. `groupBy`: labels, by commas. */
  query(series: string, matchers: readonly Matcher[], groupBy: string): string {
    return renderQuery(this.#rule.metricsQuery || DEFAULT_QUERY, {
      Series: series,
      LabelMatchers: formatMatchers(matchers),
      GroupBy: groupBy,
      LabelValuesByName: valuesByName(matchers),
    })
  }
}
