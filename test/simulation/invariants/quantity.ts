const SUFFIXES: Readonly<Record<string, number>> = {
  m: 1e-3,
  '': 1,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
}

/** A quantity as a number: the simulation's own reading, so that a flaw in the product's is seen. */
export function parseQuantity(text: string): number {
  const [, number, suffix] = /^([0-9.]+)([A-Za-z]*)$/.exec(String(text)) ?? []
  return Number(number) * SUFFIXES[suffix ?? '']!
}
