/** What a table has under a key; a key from outside, as `constructor`, must not find what every object inherits. */
export const own = <V>(table: Readonly<Record<string, V>>, key: string): V | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined
