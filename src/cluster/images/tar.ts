/** Reading and writing tar streams: what Debian packages hold and image layers are made of. */

export type TarKind = 'file' | 'hardlink' | 'symlink' | 'character' | 'block' | 'directory' | 'fifo'

export interface TarEntry {
  /** Path without a leading or trailing slash; '' is the root. */
  path: string
  kind: TarKind
  /** Permission bits, with set-user-id and the like. */
  mode: number
  uid: number
  gid: number
  /** Target of a link. */
  link: string
  content: Buffer
}

const KINDS: TarKind[] = ['file', 'hardlink', 'symlink', 'character', 'block', 'directory', 'fifo']
const BLOCK = 512

/** Every layer is given the same time, so that the same content makes the same bytes. 2024-01-01, in seconds. */
export const LAYER_TIME = 1_704_067_200

/** The entries of a tar stream, in its order. Understands GNU's and POSIX's long names. */
export async function* readTar(stream: AsyncIterable<Buffer>): AsyncGenerator<TarEntry, void, void> {
  const input = new ByteSource(stream)
  let long: { path?: string; link?: string } = {}
  for (;;) {
    const header = await input.take(BLOCK)
    if (header.length < BLOCK || header.every(byte => byte === 0)) break
    const size = octal(header, 124, 12)
    const body = Buffer.from(await input.take(size))
    if (body.length < size) throw new Error('the tar stream ends inside a file')
    await input.take(padding(size))
    const type = String.fromCharCode(header[156]!)
    if (type === 'L') long.path = text(body, 0, size)
    else if (type === 'K') long.link = text(body, 0, size)
    else if (type === 'x') long = { ...long, ...paxNames(body) }
    else if (type !== 'g') {
      yield {
        path: plainPath(long.path ?? ustarPath(header)),
        kind: KINDS[type === '\0' ? 0 : Number(type)] ?? 'file',
        mode: octal(header, 100, 8) & 0o7777,
        uid: octal(header, 108, 8),
        gid: octal(header, 116, 8),
        link: long.link ?? text(header, 157, 100),
        content: body,
      }
      long = {}
    }
  }
  // Whoever writes the stream waits until its padding is read too.
  await input.drain()
}

const text = (buffer: Buffer, from: number, length: number) => {
  const field = buffer.subarray(from, from + length)
  const end = field.indexOf(0)
  return field.subarray(0, end < 0 ? length : end).toString()
}

const octal = (buffer: Buffer, from: number, length: number) => Number.parseInt(text(buffer, from, length), 8) || 0
const plainPath = (path: string) => path.replace(/^(\.?\/)+/, '').replace(/^\.$|\/+$/g, '')
const padding = (size: number) => (BLOCK - (size % BLOCK)) % BLOCK

function ustarPath(header: Buffer): string {
  const isPosix = header.subarray(257, 263).toString() === 'ustar\0'
  const prefix = isPosix ? text(header, 345, 155) : ''
  return prefix ? `${prefix}/${text(header, 0, 100)}` : text(header, 0, 100)
}

function paxNames(body: Buffer): { path?: string; link?: string } {
  const names: { path?: string; link?: string } = {}
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(0x20, at)
    const length = Number(body.subarray(at, space).toString())
    if (!(length > 0)) break
    const [key, value] = splitOnce(body.subarray(space + 1, at + length - 1).toString(), '=')
    if (key === 'path') names.path = value
    if (key === 'linkpath') names.link = value
    at += length
  }
  return names
}

function splitOnce(line: string, mark: string): [string, string] {
  const at = line.indexOf(mark)
  return [line.slice(0, at), line.slice(at + 1)]
}

/** Hands out a stream of chunks in portions of any size. */
class ByteSource {
  #chunks: Buffer[] = []
  #held = 0
  readonly #stream: AsyncIterator<Buffer>

  constructor(stream: AsyncIterable<Buffer>) {
    this.#stream = stream[Symbol.asyncIterator]()
  }

  async drain(): Promise<void> {
    while (!(await this.#stream.next()).done);
  }

  /** The next `size` bytes; fewer at the stream's end. */
  async take(size: number): Promise<Buffer> {
    while (this.#held < size) {
      const next = await this.#stream.next()
      if (next.done) break
      this.#chunks.push(next.value)
      this.#held += next.value.length
    }
    const joined = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks)
    const rest = joined.subarray(size)
    this.#chunks = rest.length > 0 ? [rest] : []
    this.#held = rest.length
    return joined.subarray(0, size)
  }
}

/** The header block, or blocks, that precede an entry's content. */
export function tarHeader(entry: Omit<TarEntry, 'content'>, size: number): Buffer {
  const path = entry.kind === 'directory' ? `${entry.path}/` : entry.path
  const isLong = (name: string) => Buffer.byteLength(name) > 100
  const records = [
    isLong(path) ? paxRecord('path', path) : '',
    isLong(entry.link) ? paxRecord('linkpath', entry.link) : '',
  ]
  const extended = Buffer.from(records.join(''))
  const main = ustarHeader({ ...entry, path }, String(KINDS.indexOf(entry.kind)), size)
  if (extended.length === 0) return main
  const head = { path: 'PaxHeader', kind: 'file' as const, mode: 0o644, uid: 0, gid: 0, link: '' }
  return Buffer.concat([ustarHeader(head, 'x', extended.length), padded(extended), main])
}

function ustarHeader(entry: Omit<TarEntry, 'content'>, type: string, size: number): Buffer {
  const header = Buffer.alloc(BLOCK)
  const number = (value: number, at: number, length: number) =>
    header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1')
  Buffer.from(entry.path).copy(header, 0, 0, 100)
  number(entry.mode, 100, 8)
  number(entry.uid, 108, 8)
  number(entry.gid, 116, 8)
  number(size, 124, 12)
  number(LAYER_TIME, 136, 12)
  header.write('        ', 148, 'latin1')
  header.write(type, 156, 'latin1')
  Buffer.from(entry.link).copy(header, 157, 0, 100)
  header.write('ustar\x0000', 257, 'latin1')
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return header
}

/** "<length> key=value\n", where the length counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  const bytes = Buffer.byteLength(rest)
  let length = bytes + String(bytes).length
  if (String(length).length > String(bytes).length) length = bytes + String(length).length
  return `${length}${rest}`
}

/** What fills the last block after `size` bytes of content. */
export const tarPadding = (size: number): Buffer => Buffer.alloc(padding(size))

const padded = (content: Buffer) => Buffer.concat([content, tarPadding(content.length)])

/** The two empty blocks that end a tar stream. */
export const TAR_END = Buffer.alloc(2 * BLOCK)

/** One entry with its content, whole. */
export const tarEntry = (entry: TarEntry): Buffer =>
  Buffer.concat([tarHeader(entry, entry.content.length), padded(entry.content)])
