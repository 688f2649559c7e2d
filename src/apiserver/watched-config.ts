import { type FSWatcher, readFileSync, watch } from 'node:fs'
import path from 'node:path'
import type { Clock, Timer } from '../apimachinery/clock.ts'
import type { Infer, Message } from '../apimachinery/schema/types.ts'
import { type ConfigFile, parseConfig, readConfigFile } from './config-file.ts'

/** How long a file has to be left alone before it is read again. */
const SETTLE_MS = 100

export interface WatchedConfigOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Told of what was put there and cannot be used; what was used before stays in use. */
  readonly onError: (error: Error) => void
}

/**
 * Reads and checks a file now, and again whenever it changes. Resolves `use` each time with what it says; throws MachineError
 * where it cannot be used at first. Its folder is watched, so that a file that replaces it is seen too.
 */
export function watchConfigFile<M extends Message>(
  file: ConfigFile<M>,
  filename: string,
  use: (config: Infer<M>) => void,
  { clock, signal, onError }: WatchedConfigOptions,
): void {
  use(readConfigFile(file, filename))
  let text = readFileSync(filename, 'utf8')
  const reread = () => {
    try {
      const now = readFileSync(filename, 'utf8')
      if (now === text) return
      text = now
      use(parseConfig(file, now))
    } catch (error) {
      onError(new Error(`The ${file.what} ${filename} has changed and cannot be used: ${(error as Error).message}`))
    }
  }
  let timer: Timer | undefined
  const watcher: FSWatcher = watch(path.dirname(filename), { persistent: false }, () => {
    timer?.cancel()
    timer = clock.timer(SETTLE_MS, reread)
  })
  watcher.on('error', onError)
  const stop = () => {
    timer?.cancel()
    watcher.close()
  }
  signal.addEventListener('abort', stop, { once: true })
}
