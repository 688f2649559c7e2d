/** Several problems in one line: `[a, b]`; each once (apimachinery util/errors Aggregate). */
export function aggregate(problems: readonly string[]): string {
  const distinct = [...new Set(problems)]
  return distinct.length === 1 ? distinct[0]! : `[${distinct.join(', ')}]`
}
