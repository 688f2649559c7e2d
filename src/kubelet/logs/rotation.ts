import { createReadStream, createWriteStream } from 'node:fs'
import { readdir, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { Clock } from '../../apimachinery/clock.ts'
import type { CriClient } from '../cri/client.ts'

/** Upstream's containerLogMaxSize and containerLogMaxFiles. */
const MAX_BYTES = 10 << 20
const MAX_FILES = 5

interface Tools {
  readonly cri: CriClient
  readonly clock: Clock
}

/**
 * Sets a running container's log aside once it is large and lets the runtime begin a new one. The last one set aside
 * stays as it is, for who follows it; older ones are compressed, and the oldest go.
 */
export async function rotateLog(
  log: string,
  containerId: string,
  { cri, clock }: Tools,
  maxBytes = MAX_BYTES,
): Promise<boolean> {
  const found = await stat(log).catch(() => undefined)
  if (!found || found.size <= maxBytes) return false
  await thinOut(log)
  const aside = `${log}.${stampOf(clock.now())}`
  await rename(log, aside)
  try {
    await cri.runtime.reopenContainerLog({ containerId })
  } catch (error) {
    // The runtime still writes to the old file, which must be found under its name.
    await rename(aside, log)
    throw error
  }
  return true
}

/** As upstream names them: 20060102-150405. */
const stampOf = (ms: number) => new Date(ms).toISOString().replace(/[-:]/g, '').replace('T', '-').replace(/\..*/, '')

async function thinOut(log: string): Promise<void> {
  const dir = path.dirname(log)
  const prefix = `${path.basename(log)}.`
  const names = (await readdir(dir)).filter(name => name.startsWith(prefix) && !name.endsWith('.tmp')).sort()
  // The current log and the one about to be set aside count too.
  const surplus = names.splice(0, Math.max(0, names.length - (MAX_FILES - 2)))
  for (const name of surplus) await rm(path.join(dir, name), { force: true })
  for (const name of names) if (!name.endsWith('.gz')) await compress(path.join(dir, name))
}

async function compress(file: string): Promise<void> {
  const unfinished = `${file}.tmp`
  await pipeline(createReadStream(file), createGzip(), createWriteStream(unfinished))
  await rename(unfinished, `${file}.gz`)
  await rm(file)
}
