/** The verbs of upstream's resources, by path, as oracle/verbs.txt has them: a path and its verbs on each line. */
export const readVerbLines = (text: string): Map<string, Set<string>> =>
  new Map(
    text
      .trim()
      .split('\n')
      .map(line => {
        const [path, verbs = ''] = line.split(' ')
        return [path!, new Set(verbs.split(',').filter(Boolean))]
      }),
  )

export const verbLines = (verbs: ReadonlyMap<string, ReadonlySet<string>>): string =>
  `${[...verbs]
    .map(([path, of]) => `${path} ${[...of].sort().join(',')}`.trimEnd())
    .sort()
    .join('\n')}\n`
