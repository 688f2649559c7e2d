import pico from 'picocolors'

/** Steps of a longer piece of work: the one that goes on, and how long those before it took. */
export class Progress {
  readonly #out: NodeJS.WriteStream
  #current: { line: string; since: number } | undefined

  constructor(out: NodeJS.WriteStream = process.stderr) {
    this.#out = out
  }

  /** Begins the next step. */
  step(line: string): void {
    this.#finish(pico.green('✓'))
    this.#current = { line, since: performance.now() }
    if (this.#out.isTTY) this.#out.write(`  ${line} …`)
  }

  /** Ends the last step. */
  end(): void {
    this.#finish(pico.green('✓'))
  }

  /** The current step has failed. */
  fail(): void {
    this.#finish(pico.red('✗'))
  }

  #finish(mark: string): void {
    if (!this.#current) return
    const { line, since } = this.#current
    const seconds = ((performance.now() - since) / 1000).toFixed(1)
    this.#out.write(`${this.#out.isTTY ? '\r\u001b[K' : ''}${mark} ${line} ${pico.dim(`(${seconds} s)`)}\n`)
    this.#current = undefined
  }
}
