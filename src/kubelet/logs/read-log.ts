import { watch } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import path from 'node:path'
import { parseLine, timeOf } from './line.ts'
import { tailOffset } from './tail.ts'

/** As the query of pods/NAME/log has it. */
export interface LogOptions {
  readonly follow?: boolean
  readonly timestamps?: boolean
  readonly tailLines?: number
  /** Milliseconds since the epoch. */
  readonly since?: number
  readonly limitBytes?: number
  /** Only what was written to `stdout` or `stderr`. */
  readonly stream?: 'stdout' | 'stderr'
}

export interface Follower {
  /** Whether the container may still write. Asked before the end of the file is taken for the end of the log. */
  running(): Promise<boolean>
  /** Resolves when the container has ended. */
  readonly ended: Promise<void>
}

const BLOCK = 64 << 10
const NEWLINE = 0x0a

/**
 * A container's log, without the runtime's framing. With `follow` it goes on until the container has ended and all is
 * read, over rotations of the file; nothing is polled. Ends with the signal.
 */
export async function* readLog(
  file: string,
  options: LogOptions,
  signal: AbortSignal,
  follower?: Follower,
): AsyncGenerator<Buffer, void, void> {
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY
  if (left <= 0) return
  let atLineStart = true
  for await (const raw of lines(file, options, signal, follower)) {
    const line = parseLine(raw)
    if (!line || (options.stream && line.stream !== options.stream)) continue
    if (options.since !== undefined && timeOf(line.time) < options.since) continue
    const stamp = options.timestamps && atLineStart ? `${line.time} ` : ''
    const text = Buffer.concat([Buffer.from(stamp), line.content, Buffer.from(line.partial ? '' : '\n')])
    atLineStart = !line.partial
    yield text.subarray(0, left)
    left -= text.length
    if (left <= 0) return
  }
}

async function* lines(
  file: string,
  { follow, tailLines }: LogOptions,
  signal: AbortSignal,
  follower: Follower | undefined,
): AsyncGenerator<Buffer, void, void> {
  let handle = await open(file, 'r')
  const changes = follow && follower ? new Changes(file, follower.ended, signal) : undefined
  try {
    let offset = tailLines === undefined ? 0 : await tailOffset(handle, tailLines)
    let rest: Buffer = Buffer.alloc(0)
    while (!signal.aborted) {
      // Asked before reading, so that what was written before the end is read.
      const running = changes ? await follower!.running() : false
      const seen = changes?.count ?? 0
      for (;;) {
        const block = Buffer.allocUnsafe(BLOCK)
        const { bytesRead } = await handle.read(block, 0, BLOCK, offset)
        if (bytesRead === 0) break
        offset += bytesRead
        let text = Buffer.concat([rest, block.subarray(0, bytesRead)])
        for (let end = text.indexOf(NEWLINE); end >= 0; end = text.indexOf(NEWLINE)) {
          yield text.subarray(0, end)
          if (signal.aborted) return
          text = text.subarray(end + 1)
        }
        rest = text
      }
      if (!changes) return
      const next = await successor(file, handle)
      if (next) {
        await handle.close()
        handle = next
        offset = 0
        rest = Buffer.alloc(0)
        continue
      }
      if (!running) return
      await changes.after(seen)
    }
  } finally {
    changes?.close()
    await handle.close().catch(() => {})
  }
}

/** The file that has taken this one's place, opened; undefined while there is none. */
async function successor(file: string, handle: FileHandle): Promise<FileHandle | undefined> {
  const [here, there] = await Promise.all([handle.stat(), stat(file).catch(() => undefined)])
  return there && there.ino !== here.ino ? open(file, 'r').catch(() => undefined) : undefined
}

/** Counts changes of a file: writes, rotations, and the end of its writer. */
class Changes {
  count = 0
  #wake: () => void = () => {}
  readonly #watcher

  constructor(file: string, ended: Promise<void>, signal: AbortSignal) {
    const note = () => {
      this.count++
      this.#wake()
    }
    // The folder, not the file: a rotation replaces the file.
    this.#watcher = watch(path.dirname(file), { persistent: false }, (_, name) => {
      if (!name || name === path.basename(file)) note()
    })
    this.#watcher.on('error', note)
    void ended.then(note)
    signal.addEventListener('abort', note, { once: true })
  }

  async after(seen: number): Promise<void> {
    if (this.count !== seen) return
    await new Promise<void>(resolve => {
      this.#wake = resolve
    })
  }

  close(): void {
    this.#watcher.close()
  }
}
