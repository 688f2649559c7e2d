/** Reads completion indexes as `0-2,5`. */
export function parseIndexes(text = ''): Set<number> {
  const indexes = new Set<number>()
  for (const part of text.split(',').filter(Boolean)) {
    const [first, last = first] = part.split('-').map(Number)
    for (let index = first!; index <= last!; index++) indexes.add(index)
  }
  return indexes
}

/** Writes completion indexes as `0-2,5`. Two in a row are written as `0,1`, as upstream does. */
export function formatIndexes(indexes: ReadonlySet<number>): string {
  const sorted = [...indexes].sort((a, b) => a - b)
  const parts: string[] = []
  for (let i = 0; i < sorted.length; ) {
    let j = i
    while (sorted[j + 1] === sorted[j]! + 1) j++
    if (j === i) parts.push(String(sorted[i]))
    else parts.push(`${sorted[i]}${j === i + 1 ? ',' : '-'}${sorted[j]}`)
    i = j + 1
  }
  return parts.join()
}
