/** One block of a PEM text. */
export interface PemBlock {
  readonly type: string
  readonly hasHeaders: boolean
  readonly der: Buffer
}

const BLOCK = /-----BEGIN ([^\n-]+)-----[ \t]*\r?\n([\s\S]*?)-----END \1-----/g
const BASE64 = /^[A-Za-z0-9+/=\s]*$/

/** The blocks of a PEM text, in order; what is between them does not count. */
export function pemBlocks(text: string): PemBlock[] {
  return [...text.matchAll(BLOCK)].flatMap(([, type, body]) => {
    const header = /^(?:[^\n]*:[^\n]*\n)+\s*\n/.exec(body!)?.[0] ?? ''
    const base64 = body!.slice(header.length)
    return BASE64.test(base64) ? [{ type: type!, hasHeaders: header !== '', der: Buffer.from(base64, 'base64') }] : []
  })
}
