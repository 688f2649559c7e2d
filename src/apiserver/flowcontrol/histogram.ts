import type { Metric, Registry } from 'prom-client'

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
  readonly #help: string
  readonly #bounds: readonly number[]
  readonly #all: Distribution[] = []

  constructor(registry: Registry, name: string, help: string, bounds: readonly number[]) {
    this.#name = name
    this.#help = help
    this.#bounds = bounds
    const metric = { name, help, type: 'histogram', reset: () => {}, get: async () => this.#values() }
    registry.registerMetric(metric as unknown as Metric)
  }

  /** Values with these labels; ask once. */
  with(labels: Readonly<Record<string, string>>): Distribution {
    const distribution = new Distribution(labels, this.#bounds)
    this.#all.push(distribution)
    return distribution
  }

  #values() {
    const values = this.#all.flatMap(({ labels, counts, sum }) => {
      let total = 0
      const buckets = counts.map((count, i) => {
        total += count
        const le = this.#bounds[i] ?? '+Inf'
        return { metricName: `${this.#name}_bucket`, labels: { ...labels, le }, value: total }
      })
      return [
        ...buckets,
        { metricName: `${this.#name}_sum`, labels, value: sum },
        { metricName: `${this.#name}_count`, labels, value: total },
      ]
    })
    return { name: this.#name, help: this.#help, type: 'histogram', aggregator: 'sum', values }
  }
}
