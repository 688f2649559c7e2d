import { type FileHandle, open } from 'node:fs/promises'
import { parseLine } from './line.ts'

const BLOCK = 64 << 10
const NEWLINE = 0x0a

/** Where the last `lines` whole lines of a log begin: pieces of a line that the runtime has cut count as one. */
export async function tailOffset(handle: FileHandle, lines: number): Promise<number> {
  const { size } = await handle.stat()
  if (lines <= 0) return size
  let end = size
  let found = 0
  let rest: Buffer = Buffer.alloc(0)
  while (end > 0) {
    const start = Math.max(0, end - BLOCK)
    const block = Buffer.alloc(end - start)
    await handle.read(block, 0, block.length, start)
    const text = Buffer.concat([block, rest])
    let stop = text.length
    for (;;) {
      const newline = text.lastIndexOf(NEWLINE, stop - 2)
      if (newline < 0) break
      // A newline ends a whole line unless what stands before it was cut.
      const before = text.lastIndexOf(NEWLINE, newline - 1)
      if (before < 0 && start > 0) break
      const line = parseLine(text.subarray(before + 1, newline))
      if (!line?.partial && ++found === lines) return start + newline + 1
      stop = newline + 1
    }
    rest = text.subarray(0, stop)
    end = start
  }
  return 0
}

/** What a container wrote last, without times, at most so many lines. */
export async function readLogTail(file: string, lines: number): Promise<string> {
  const handle = await open(file, 'r')
  try {
    const offset = await tailOffset(handle, lines)
    const { size } = await handle.stat()
    const text = Buffer.alloc(size - offset)
    await handle.read(text, 0, text.length, offset)
    const out: Buffer[] = []
    for (const line of splitLines(text)) {
      const parsed = parseLine(line)
      if (parsed) out.push(parsed.content, Buffer.from(parsed.partial ? '' : '\n'))
    }
    return Buffer.concat(out).toString('utf8')
  } finally {
    await handle.close()
  }
}

function* splitLines(text: Buffer): Generator<Buffer> {
  let start = 0
  for (let end = text.indexOf(NEWLINE); end >= 0; end = text.indexOf(NEWLINE, start)) {
    yield text.subarray(start, end)
    start = end + 1
  }
}
