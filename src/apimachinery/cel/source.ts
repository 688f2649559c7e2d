/** One thing that is wrong with an expression, at an offset in its text. */
export interface Issue {
  readonly at: number
  readonly message: string
}

/** An expression that cannot be compiled. The message is worded and laid out as cel-go does it. */
export class CompileError extends Error {
  readonly issues: readonly Issue[]

  constructor(source: string, issues: readonly Issue[]) {
    super(
      [...issues]
        .sort((a, b) => a.at - b.at)
        .map(issue => display(source, issue))
        .join('\n'),
    )
    this.name = 'CompileError'
    this.issues = issues
  }
}

const MAX_SNIPPET = 16_384

function display(source: string, { at, message }: Issue): string {
  const before = source.slice(0, at)
  const line = before.split('\n').length
  const column = [...before.slice(before.lastIndexOf('\n') + 1)].length
  const head = `ERROR: <input>:${line}:${column + 1}: ${message}`
  const snippet = (source.split('\n')[line - 1] ?? '').replaceAll('\t', ' ')
  if (snippet.length > MAX_SNIPPET) return head
  const chars = [...snippet]
  const dots = chars.slice(0, column).map(c => (Buffer.byteLength(c) > 1 ? '．' : '.'))
  const mark = Buffer.byteLength(chars[column] ?? '') > 1 ? '＾' : '^'
  return `${head}\n | ${snippet}\n | ${dots.join('')}${mark}`
}
