/** How many pods of some sort there are in each part of the cluster, by the value of a topology label. */
export interface Counts {
  /** Pods in the part of this value. */
  get(value: string): number
  /** Pods in all parts. */
  readonly total: number
  /** How many parts there are, empty ones included. */
  readonly size: number
  /** Pods in the part that has fewest; 0 without parts. */
  readonly least: number
  /** The counts as they were with so many pods more in one part. */
  with(value: string, by: number): Counts
}

interface Part {
  nodes: number
  pods: number
}

/** Counts that every change of a pod or node keeps up to date, in constant time. */
export class Tally implements Counts {
  readonly #parts = new Map<string, Part>()
  /** How many parts have so many pods. */
  readonly #partsWith = new Map<number, number>()
  #least = 0
  total = 0

  get(value: string): number {
    return this.#parts.get(value)?.pods ?? 0
  }
  get size(): number {
    return this.#parts.size
  }
  get least(): number {
    return this.#least
  }

  /** A node of this value joins, with so many pods that count. */
  addNode(value: string, pods: number): void {
    const part = this.#parts.get(value)
    if (part) {
      part.nodes++
      this.#shift(part, pods)
      return
    }
    this.#parts.set(value, { nodes: 1, pods })
    this.total += pods
    this.#countPart(pods, 1)
    if (this.#parts.size === 1 || pods < this.#least) this.#least = pods
  }

  removeNode(value: string, pods: number): void {
    const part = this.#parts.get(value)!
    this.#shift(part, -pods)
    if (--part.nodes > 0) return
    this.#parts.delete(value)
    this.#countPart(part.pods, -1)
    this.#raiseLeast()
  }

  /** So many pods more on a node of this value, which has joined. */
  addPods(value: string, by: number): void {
    this.#shift(this.#parts.get(value)!, by)
  }

  with(value: string, by: number): Counts {
    return new Shifted(this, new Map([[value, by]]))
  }

  counts(): Iterable<[value: string, pods: number]> {
    return [...this.#parts].map(([value, { pods }]) => [value, pods])
  }

  #shift(part: Part, by: number): void {
    if (by === 0) return
    this.total += by
    this.#countPart(part.pods, -1)
    part.pods += by
    this.#countPart(part.pods, 1)
    if (part.pods < this.#least) this.#least = part.pods
    else this.#raiseLeast()
  }

  #countPart(pods: number, by: 1 | -1): void {
    const parts = (this.#partsWith.get(pods) ?? 0) + by
    if (parts > 0) this.#partsWith.set(pods, parts)
    else this.#partsWith.delete(pods)
  }

  #raiseLeast(): void {
    if (this.#parts.size === 0) this.#least = 0
    else while (!this.#partsWith.has(this.#least)) this.#least++
  }
}

/** Counts as they would be: for trying out what preemption would do. */
class Shifted implements Counts {
  readonly #base: Tally
  readonly #changes: ReadonlyMap<string, number>

  constructor(base: Tally, changes: ReadonlyMap<string, number>) {
    this.#base = base
    this.#changes = changes
  }

  get(value: string): number {
    return this.#base.get(value) + (this.#changes.get(value) ?? 0)
  }
  get total(): number {
    let total = this.#base.total
    for (const by of this.#changes.values()) total += by
    return total
  }
  get size(): number {
    return this.#base.size
  }
  get least(): number {
    let least = Number.POSITIVE_INFINITY
    for (const [value, pods] of this.#base.counts()) least = Math.min(least, pods + (this.#changes.get(value) ?? 0))
    return this.size === 0 ? 0 : least
  }

  with(value: string, by: number): Counts {
    return new Shifted(this.#base, new Map(this.#changes).set(value, (this.#changes.get(value) ?? 0) + by))
  }
}
