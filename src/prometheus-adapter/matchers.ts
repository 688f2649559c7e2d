import type { LabelRequirement, Selector } from '../apimachinery/labels.ts'

/** A condition on a label, as PromQL has it. */
export interface Matcher {
  readonly label: string
  readonly operator: '=' | '!=' | '=~' | '!~'
  readonly value: string
}

/** One of these values; the expression takes them as they are. */
export const oneOf = (label: string, values: readonly string[], not = false): Matcher =>
  values.length === 1
    ? { label, operator: not ? '!=' : '=', value: values[0]! }
    : { label, operator: not ? '!~' : '=~', value: values.map(escaped).join('|') }

const escaped = (text: string) => text.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&')

/** A label selector as conditions on labels. Throws Error for gt and lt, which PromQL has not. */
export const matchersOf = ({ requirements }: Selector): Matcher[] => requirements.map(matcherOf)

function matcherOf({ key, operator, values }: LabelRequirement): Matcher {
  switch (operator) {
    case '=':
    case '==':
    case 'in':
      return oneOf(key, values)
    case '!=':
    case 'notin':
      return oneOf(key, values, true)
    case 'exists':
      return { label: key, operator: '!=', value: '' }
    case '!':
      return { label: key, operator: '=', value: '' }
    default:
      throw new Error(`selectors of metrics cannot compare: ${key} ${operator}`)
  }
}

/** Conditions as they stand between braces. */
export const formatMatchers = (matchers: readonly Matcher[]): string =>
  matchers.map(({ label, operator, value }) => `${label}${operator}${JSON.stringify(value)}`).join(',')

/** The values that labels must have, by label; several joined by |. */
export const valuesByName = (matchers: readonly Matcher[]): Record<string, string> =>
  Object.fromEntries(
    matchers.filter(({ operator }) => operator !== '!=' && operator !== '!~').map(m => [m.label, m.value]),
  )
