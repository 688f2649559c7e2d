import type { Metric, Registry } from 'prom-client'
import type { TimedDistribution } from './utilization.ts'

/** How often values of a flow were at most so large. Counting is all that is done until somebody asks. */
export class Distribution {
  readonly labels: Readonly<Record<string, string>>
  readonly counts: number[]
  sum = 0
  readonly #bounds: readonly number[]

  constructor(labels: Readonly<Record<string, string>>, bounds: readonly number[]) {
    this.labels = labels
    this.#bounds = bounds
    this.counts = new Array(bounds.length + 1).fill(0)
  }

  observe(value: number): void {
    let i = 0
    while (i < this.#bounds.length && value > this.#bounds[i]!) i++
    this.counts[i]!++
    this.sum += value
  }
}

/**
 * A histogram for the path of every request: prom-client's own looks its labels up for each value, which costs as much as
 * the rest of what is done for a request here.
 */
export class FlowHistogram {
  readonly #name: string
  readonly #bounds: readonly number[]
  readonly #all: Distribution[] = []

  constructor(registry: Registry, name: string, help: string, bounds: readonly number[]) {
    this.#name = name
    this.#bounds = bounds
    register(registry, name, help, () => this.#values())
  }

  /** Values with these labels; ask once. */
  with(labels: Readonly<Record<string, string>>): Distribution {
    const distribution = new Distribution(labels, this.#bounds)
    this.#all.push(distribution)
    return distribution
  }

  #values(): Sample[] {
    return this.#all.flatMap(({ labels, counts, sum }) => samples(this.#name, labels, this.#bounds, counts, sum))
  }
}

/** Offers distributions over time as a histogram whose counts are nanoseconds. */
export function registerTimed(
  registry: Registry,
  name: string,
  help: string,
  all: () => readonly {
    readonly labels: Readonly<Record<string, string>>
    readonly distribution: TimedDistribution
    readonly now: number
  }[],
): void {
  register(registry, name, help, () =>
    all().flatMap(({ labels, distribution, now }) => {
      const { weights, sum } = distribution.until(now)
      return samples(name, labels, distribution.bounds, weights, sum)
    }),
  )
}

interface Sample {
  readonly metricName: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

function samples(
  name: string,
  labels: Readonly<Record<string, string>>,
  bounds: readonly number[],
  counts: readonly number[],
  sum: number,
): Sample[] {
  let total = 0
  const buckets = counts.map((count, i) => {
    total += count
    return { metricName: `${name}_bucket`, labels: { ...labels, le: bounds[i] ?? '+Inf' }, value: total }
  })
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: total },
  ]
}

function register(registry: Registry, name: string, help: string, values: () => Sample[]): void {
  const get = async () => ({ name, help, type: 'histogram', aggregator: 'sum', values: values() })
  registry.registerMetric({ name, help, type: 'histogram', reset: () => {}, get } as unknown as Metric)
}
