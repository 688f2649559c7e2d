/** CPU in use, from the growth of CPU times between two looks at them. */
export class CpuRates {
  readonly #samples = new Map<string, { at: number; nanos: number; rate: number }>()

  /**
   * Billionths of a processor in use. `nanos`: CPU time used so far. The first look at something answers with its average
   * since `startedAt`. Times in milliseconds since the epoch.
   */
  of(key: string, nanos: number, now: number, startedAt: number): number {
    const last = this.#samples.get(key)
    // Looks in quick succession would measure noise.
    if (last && now - last.at < 1_000) return last.rate
    const [fromNanos, from] = last ? [last.nanos, last.at] : [0, startedAt]
    const rate = now > from ? Math.max(0, Math.round(((nanos - fromNanos) / (now - from)) * 1_000)) : 0
    this.#samples.set(key, { at: now, nanos, rate })
    return rate
  }

  /** Forgets all but these. */
  keep(keys: ReadonlySet<string>): void {
    for (const key of this.#samples.keys()) if (!keys.has(key)) this.#samples.delete(key)
  }
}
