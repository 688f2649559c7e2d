const SHORT: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
}

/** Access modes in short, as RWO,ROX. */
export const accessModes = (modes: readonly string[] = []): string =>
  Object.keys(SHORT)
    .filter(mode => modes.includes(mode))
    .map(mode => SHORT[mode])
    .join(',')
