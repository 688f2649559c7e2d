import { type FSWatcher, readFileSync, watch } from 'node:fs'
import path from 'node:path'
import type { Clock, Timer } from '../apimachinery/clock.ts'
import { type ConfigFile, parseConfig, readConfigFile } from '../apimachinery/config-file.ts'
import type { Infer, Message } from '../apimachinery/schema/types.ts'

/** How long a file has to be left alone before it is read again. */
const SETTLE_MS = 100

export interface WatchedConfigOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Told of what was put there and cannot be used; what was used before stays in use. */
  readonly onError: (error: Error) => void
  /** Told whether a change of the file could be used. */
  readonly onReload?: (used: boolean) => void
}

/**
 * Reads and checks a file now, and again whenever it changes. Calls `use` each time with what it says; throws MachineError
 * where it cannot be used at first. Its folder is watched, so that a file that replaces it is seen too.
 */
export function watchConfigFile<M extends Message>(
  file: ConfigFile<M>,
  filename: string,
  use: (config: Infer<M>) => unknown,
  { clock, signal, onError, onReload }: WatchedConfigOptions,
): void {
  void use(readConfigFile(file, filename))
  let text = readFileSync(filename, 'utf8')
  const reread = async () => {
    try {
      const now = readFileSync(filename, 'utf8')
      if (now === text) return
      text = now
      await use(parseConfig(file, now))
      onReload?.(true)
    } catch (error) {
      onReload?.(false)
      onError(new Error(`The ${file.what} ${filename} has changed and cannot be used: ${(error as Error).message}`))
    }
  }
  let timer: Timer | undefined
  const watcher: FSWatcher = watch(path.dirname(filename), { persistent: false }, () => {
    timer?.cancel()
    timer = clock.timer(SETTLE_MS, () => void reread())
  })
  watcher.on('error', onError)
  const stop = () => {
    timer?.cancel()
    watcher.close()
  }
  signal.addEventListener('abort', stop, { once: true })
}
