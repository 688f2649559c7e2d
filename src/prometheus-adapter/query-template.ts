/** What stands for the parts of a query that differ from request to request. */
export interface QueryParts {
  readonly Series: string
  readonly LabelMatchers: string
  readonly GroupBy: string
  readonly LabelValuesByName: Readonly<Record<string, string>>
}

const ACTION = /<<-?\s*(.*?)\s*-?>>/g
const INDEX = /^index\s+\.LabelValuesByName\s+"([^"]*)"$/

/** Fills in a query (prometheus-adapter's metricsQuery). Throws Error for what it does not know. */
export function renderQuery(template: string, parts: QueryParts): string {
  return template.replace(ACTION, (_, action: string) => {
    if (action === '.Series' || action === '.LabelMatchers' || action === '.GroupBy') {
      return parts[action.slice(1) as 'Series' | 'LabelMatchers' | 'GroupBy']
    }
    const label = INDEX.exec(action)?.[1]
    if (label !== undefined) return parts.LabelValuesByName[label] ?? ''
    throw new Error(
      `<<${action}>> is not known; there are .Series, .LabelMatchers, .GroupBy and index .LabelValuesByName "NAME"`,
    )
  })
}
