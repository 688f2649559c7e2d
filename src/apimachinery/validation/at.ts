/** Upstream's field error types (apimachinery util/validation/field). The values are the `reason` of a StatusCause. */
export type FieldErrorType =
  | 'FieldValueNotFound'
  | 'FieldValueRequired'
  | 'FieldValueDuplicate'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'InternalError'
  | 'FieldValueTypeInvalid'

export interface FieldError {
  type: FieldErrorType
  field: string
  /** Without the field: `Invalid value: -1: must be ...`. */
  message: string
}

/** How upstream shows a value inside a message. */
function show(value: unknown): string {
  if (value === undefined || value === null) return 'null'
  return JSON.stringify(value)
}

/**
 * A place in an object under validation, and the list that errors at or below it go to. Paths are only spelled out when
 * there is an error.
 */
export class At {
  readonly errors: FieldError[]
  readonly #parent: At | undefined
  readonly #step: string

  constructor(errors: FieldError[] = [], parent?: At, step = '') {
    this.errors = errors
    this.#parent = parent
    this.#step = step
  }

  /** The place of a field, or of a field's field. */
  child(...names: string[]): At {
    let at: At = this
    for (const name of names) at = new At(this.errors, at, at.#parent || at.#step ? `.${name}` : name)
    return at
  }
  index(i: number): At {
    return new At(this.errors, this, `[${i}]`)
  }
  key(key: string): At {
    return new At(this.errors, this, `[${key}]`)
  }

  get path(): string {
    const path = (this.#parent ? this.#parent.path : '') + this.#step
    return path.startsWith('.') ? path.slice(1) : path
  }

  invalid(value: unknown, detail: string): void {
    this.add('FieldValueInvalid', `Invalid value: ${show(value)}: ${detail}`)
  }
  required(detail = ''): void {
    this.add('FieldValueRequired', `Required value${detail && `: ${detail}`}`)
  }
  duplicate(value: unknown, detail = ''): void {
    this.add('FieldValueDuplicate', `Duplicate value: ${show(value)}${detail && `: ${detail}`}`)
  }
  forbidden(detail: string): void {
    this.add('FieldValueForbidden', `Forbidden: ${detail}`)
  }
  notFound(value: unknown, detail = ''): void {
    this.add('FieldValueNotFound', `Not found: ${show(value)}${detail && `: ${detail}`}`)
  }
  notSupported(value: unknown, supported: readonly string[]): void {
    const values = [...supported].sort().map(v => JSON.stringify(v))
    this.add('FieldValueNotSupported', `Unsupported value: ${show(value)}: supported values: ${values.join(', ')}`)
  }
  /** One error for each of the messages that a check of the value's form answered with. */
  invalidEach(value: unknown, details: readonly string[]): void {
    for (const detail of details) this.invalid(value, detail)
  }
  /** The limit counts bytes. */
  tooLong(max: number): void {
    this.add('FieldValueTooLong', `Too long: may not be more than ${max} bytes`)
  }
  tooMany(actual: number, max: number): void {
    this.add('FieldValueTooMany', `Too many: ${actual}: must have at most ${max} items`)
  }
  typeInvalid(value: unknown, detail: string): void {
    this.add('FieldValueTypeInvalid', `Invalid value: ${show(value)}: ${detail}`)
  }

  /** An error in words of its own: `Invalid value: ...`, without the place. */
  add(type: FieldErrorType, message: string): void {
    this.errors.push({ type, field: this.path, message })
  }
}
