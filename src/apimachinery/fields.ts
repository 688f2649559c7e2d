/** Field selectors: "a=b,c!=d" (apimachinery fields). */
export interface FieldRequirement {
  readonly field: string
  readonly operator: '=' | '!='
  readonly value: string
}

/** Reads a field's value; empty when the field is not set. */
export type FieldReader = (field: string) => string

const quote = (text: string) => `'${text}'`

function unescapeValue(value: string): string {
  if (!/[\\,=]/.test(value)) return value
  let out = ''
  for (let i = 0; i < value.length; i++) {
    const char = value[i]!
    if (char === ',' || char === '=') {
      throw new Error(`invalid field selector: unescaped character in value: ${char.codePointAt(0)}`)
    }
    if (char !== '\\') {
      out += char
      continue
    }
    const next = value[++i]
    if (next !== '\\' && next !== ',' && next !== '=') {
      throw new Error(`invalid field selector: invalid escape sequence: \\${next ?? ''}`)
    }
    out += next
  }
  return out
}

/** Makes a value safe to stand in a field selector. */
export const escapeFieldValue = (value: string): string => value.replace(/[\\,=]/g, char => `\\${char}`)

/** All of its requirements must hold. */
export class FieldSelector {
  readonly requirements: readonly FieldRequirement[]

  constructor(requirements: readonly FieldRequirement[]) {
    this.requirements = requirements
  }

  get empty(): boolean {
    return this.requirements.length === 0
  }

  matches(read: FieldReader): boolean {
    return this.requirements.every(({ field, operator, value }) => (read(field) === value) === (operator === '='))
  }

  /** The value that a field must have for anything to match; lets caches answer from an index. */
  exact(field: string): string | undefined {
    return this.requirements.find(requirement => requirement.field === field && requirement.operator === '=')?.value
  }

  toString(): string {
    return this.requirements.map(({ field, operator, value }) => field + operator + escapeFieldValue(value)).join(',')
  }
}

export const everyField = new FieldSelector([])

/** Reads a field selector. Throws with upstream's text. */
export function parseFieldSelector(selector: string): FieldSelector {
  if (selector === '') return everyField
  const terms = selector.match(/(?:\\.|[^,\\]|\\$)+/gs) ?? []
  const requirements = terms.sort().map((term): FieldRequirement => {
    const match = /^(.*?)(!=|==|=)(.*)$/s.exec(term)
    if (!match) throw new Error(`invalid selector: ${quote(selector)}; can't understand ${quote(term)}`)
    return { field: match[1]!, operator: match[2] === '!=' ? '!=' : '=', value: unescapeValue(match[3]!) }
  })
  return new FieldSelector(requirements)
}
