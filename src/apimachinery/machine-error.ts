/** Something about the user's machine stands in the way. Says what happened, why, and what to do next. */
export class MachineError extends Error {
  readonly what: string
  readonly why: string
  readonly todo: string

  constructor(what: string, why: string, todo: string) {
    super(`${what}: ${why}. ${todo}`)
    this.name = 'MachineError'
    this.what = what
    this.why = why
    this.todo = todo
  }
}
