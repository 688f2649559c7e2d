import { compileRe2, type Re2 } from '../apimachinery/re2.ts'

/** What metrics are called after their series; undefined for series that become none. */
export type MetricNamer = (series: string) => string | undefined

const REFERENCE = /\$(?:(\$)|(\w+)|\{(\w+)\})/g

/**
 * Reads a rule's name (prometheus-adapter pkg/naming). Without `as`, what the only group of `matches` takes, or all where it has
 * none. Throws Error where it cannot be read.
 */
export function metricNamer({
  matches = '',
  as = '',
}: {
  readonly matches?: string
  readonly as?: string
} = {}): MetricNamer {
  const pattern = compileRe2(matches || '.*')
  const template = as || defaultTemplate(pattern, matches)
  return series => {
    const matcher = pattern.matcher(series)
    if (!matcher.find()) return undefined
    // As Go expands: the longest name counts, and what there is none of is empty.
    return template.replace(REFERENCE, (_, dollar?: string, plain?: string, braced?: string) => {
      if (dollar) return '$'
      const name = plain ?? braced!
      if (/^\d+$/.test(name)) return Number(name) <= pattern.groupCount() ? (matcher.group(Number(name)) ?? '') : ''
      return name in pattern.namedGroups() ? (matcher.group(name) ?? '') : ''
    })
  }
}

function defaultTemplate(pattern: Re2, matches: string): string {
  const groups = pattern.groupCount()
  if (groups > 1) throw new Error(`must specify an 'as' value for name matcher ${JSON.stringify(matches)}`)
  return groups === 1 ? '$1' : '$0'
}
