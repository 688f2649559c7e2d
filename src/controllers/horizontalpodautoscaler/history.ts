interface Recommendation {
  readonly replicas: number
  /** Milliseconds since the epoch. */
  readonly at: number
}

interface Change {
  /** How many pods came or went; positive. */
  readonly by: number
  readonly at: number
}

/** What an autoscaler recommended and did so far, for as long as that counts. It does not outlive the process, as upstream's. */
export class History {
  #recommendations: Recommendation[] = []
  #added: Change[] = []
  #removed: Change[] = []

  /** An autoscaler that is seen for the first time begins with the size that it finds. */
  begin(replicas: number, now: number): void {
    if (this.#recommendations.length === 0) this.#recommendations.push({ replicas, at: now })
  }

  get recommendations(): readonly Recommendation[] {
    return this.#recommendations
  }

  /** Notes what metrics recommend. What is older than `windowMs` will not be asked for again. */
  recommend(replicas: number, now: number, windowMs: number): void {
    this.#recommendations = this.#recommendations.filter(({ at }) => at >= now - windowMs)
    this.#recommendations.push({ replicas, at: now })
  }

  /** Notes a change of size. What is older than `periodMs` will not be asked for again. */
  scaled(from: number, to: number, now: number, periodMs: number): void {
    const recent = ({ at }: Change) => at >= now - periodMs
    this.#added = this.#added.filter(recent)
    this.#removed = this.#removed.filter(recent)
    if (to > from) this.#added.push({ by: to - from, at: now })
    if (to < from) this.#removed.push({ by: from - to, at: now })
  }

  /** The size at the start of the last `periodMs` milliseconds, if nobody else changed it. */
  sizeBefore(periodMs: number, replicas: number, now: number): number {
    const within = (changes: readonly Change[]) =>
      changes.reduce((sum, { by, at }) => (at > now - periodMs ? sum + by : sum), 0)
    return replicas - within(this.#added) + within(this.#removed)
  }
}
