/** An expression that fails while it is evaluated. `&&`, `||` and the like may still make something of it. */
export class EvaluationError extends Error {
  /** What it cost until then. */
  cost = 0
  constructor(message: string) {
    super(message)
    this.name = 'EvaluationError'
  }
}

/** An evaluation took more than it may; nothing makes good for that. */
export class CostLimitError extends EvaluationError {
  constructor() {
    super('operation cancelled: actual cost limit exceeded')
    this.name = 'CostLimitError'
  }
}

export const noSuchOverload = () => new EvaluationError('no such overload')
