/** One line of Prometheus' text format. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
  /** Milliseconds since the epoch, where the line says when. */
  readonly at?: number
}

const LINE = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+(-?\d+))?\s*$/
const LABEL = /([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g
const VALUES: Readonly<Record<string, number>> = { '+Inf': Infinity, '-Inf': -Infinity, NaN: Number.NaN }

/** The samples of a text in Prometheus' text format whose names are wanted; lines that are none are skipped. */
export function* samplesOf(text: string, wanted: ReadonlySet<string>): Generator<Sample> {
  for (const line of text.split('\n')) {
    const match = line.startsWith('#') ? null : LINE.exec(line)
    const [, name = '', labels = '', value = '', at] = match ?? []
    if (!wanted.has(name)) continue
    yield { name, labels: labelsOf(labels), value: VALUES[value] ?? Number(value), ...(at && { at: Number(at) }) }
  }
}

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {}
  for (const [, key = '', value = ''] of text.matchAll(LABEL)) {
    labels[key] = value.replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c))
  }
  return labels
}
