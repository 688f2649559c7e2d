import type { IncomingHttpHeaders } from 'node:http'
import { promisify } from 'node:util'
import { constants, createGzip, type Gzip, gzip } from 'node:zlib'

/** Smaller answers gain nothing (upstream's defaultGzipThresholdBytes). */
const MIN_BYTES = 128 * 1024
const LEVEL = { level: constants.Z_BEST_SPEED }

/** Whether a client takes gzip (upstream negotiateContentEncoding). */
export function takesGzip(headers: IncomingHttpHeaders): boolean {
  const accepted = String(headers['accept-encoding'] ?? '')
    .split(',')
    .map(coding => coding.trim())
  return accepted.some(c => c === 'gzip' || (c.startsWith('gzip;') && !/q=0(\.0*)?$/.test(c)))
}

/** Whether an answer is long enough to be worth it. */
export const isLarge = (bytes: Buffer): boolean => bytes.length >= MIN_BYTES

const zip = promisify(gzip)
export const compressed = (bytes: Buffer): Promise<Buffer> => zip(bytes, LEVEL) as Promise<Buffer>

/** A compressor for answers that are written piece by piece. */
export const compressor = (): Gzip => createGzip(LEVEL)
