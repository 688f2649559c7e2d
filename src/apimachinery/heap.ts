/** A priority queue from which any member can be taken out. `order` is negative when `a` comes before `b`. */
export class Heap<T> {
  readonly #order: (a: T, b: T) => number
  readonly #items: T[] = []
  readonly #position = new Map<T, number>()

  constructor(order: (a: T, b: T) => number) {
    this.#order = order
  }

  get size(): number {
    return this.#items.length
  }
  has(item: T): boolean {
    return this.#position.has(item)
  }
  peek(): T | undefined {
    return this.#items[0]
  }

  push(item: T): void {
    if (this.#position.has(item)) return
    this.#items.push(item)
    this.#position.set(item, this.#items.length - 1)
    this.#up(this.#items.length - 1)
  }

  pop(): T | undefined {
    const first = this.#items[0]
    if (first !== undefined) this.delete(first)
    return first
  }

  delete(item: T): boolean {
    const at = this.#position.get(item)
    if (at === undefined) return false
    this.#position.delete(item)
    const last = this.#items.pop()!
    if (at < this.#items.length) {
      this.#set(at, last)
      this.#up(at)
      this.#down(at)
    }
    return true
  }

  #set(at: number, item: T): void {
    this.#items[at] = item
    this.#position.set(item, at)
  }

  #up(start: number): void {
    const item = this.#items[start]!
    let at = start
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (this.#order(item, this.#items[parent]!) >= 0) break
      this.#set(at, this.#items[parent]!)
      at = parent
    }
    this.#set(at, item)
  }

  #down(start: number): void {
    const item = this.#items[start]!
    let at = start
    for (;;) {
      let child = 2 * at + 1
      if (child >= this.#items.length) break
      if (child + 1 < this.#items.length && this.#order(this.#items[child + 1]!, this.#items[child]!) < 0) child++
      if (this.#order(item, this.#items[child]!) <= 0) break
      this.#set(at, this.#items[child]!)
      at = child
    }
    this.#set(at, item)
  }
}
