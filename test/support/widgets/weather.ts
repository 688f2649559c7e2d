/** Tells those who wait that something has changed, as webhooks that are well again. */
export class Weather {
  #resolve = () => {}
  #changed = this.#next()

  /** Resolves when something changes next. */
  changed(): Promise<void> {
    return this.#changed
  }

  change(): void {
    const resolve = this.#resolve
    this.#changed = this.#next()
    resolve()
  }

  #next(): Promise<void> {
    return new Promise(resolve => {
      this.#resolve = resolve
    })
  }
}
