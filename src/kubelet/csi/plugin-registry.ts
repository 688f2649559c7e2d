import { type FSWatcher, watch } from 'node:fs'
import { mkdir, readdir } from 'node:fs/promises'
import path from 'node:path'
import { type Clock, sleep } from '../../apimachinery/clock.ts'
import { openChannel } from '../cri/channel.ts'
import { CsiDriver, call } from './driver.ts'
import type { CsiDrivers } from './drivers.ts'
import type { PluginInfo } from './messages.ts'
import { registrationService } from './services.ts'

interface Options {
  /** The folder that plugins put their sockets into. */
  readonly dir: string
  readonly drivers: CsiDrivers
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Makes the API know of the drivers as they are, without the one that has gone. */
  readonly publish: (gone?: string) => Promise<void>
  readonly log: (line: string) => void
}

/** How soon a plugin that does not answer is asked again. */
const RETRY_MS = { first: 500, last: 10_000 }

/**
 * Registers the CSI drivers whose sockets appear in a folder, and forgets them when the sockets go (upstream
 * pkg/kubelet/pluginmanager). Drivers that are there already are known when it resolves.
 */
export async function startPluginRegistry(options: Options): Promise<void> {
  const { dir, drivers, signal } = options
  await mkdir(dir, { recursive: true, mode: 0o750 })
  const known = new Map<string, Plugin>()
  const look = async () => {
    const sockets = new Set((await readdir(dir)).filter(name => name.endsWith('.sock')))
    for (const [name, plugin] of known) {
      if (sockets.has(name)) continue
      known.delete(name)
      plugin.gone()
    }
    for (const name of sockets) if (!known.has(name)) known.set(name, new Plugin(path.join(dir, name), options))
  }
  let watcher: FSWatcher | undefined
  if (!signal.aborted) {
    // A socket of the same name that is made anew tells of itself by one more event.
    watcher = watch(dir, (_, name) => {
      if (name) known.get(name)?.again()
      void look().catch(error => options.log(`plugins: ${error.message}`))
    })
  }
  signal.addEventListener(
    'abort',
    () => {
      watcher?.close()
      for (const plugin of known.values()) plugin.stop()
      for (const driver of drivers.all) driver.close()
    },
    { once: true },
  )
  await look()
}

/** One plugin's socket. */
class Plugin {
  readonly #socket: string
  readonly #options: Options
  #ended = new AbortController()
  #driver: CsiDriver | undefined

  constructor(socket: string, options: Options) {
    this.#socket = socket
    this.#options = options
    void this.#register()
  }

  /** Something has happened to the socket. */
  again(): void {
    this.#ended.abort()
    this.#ended = new AbortController()
    void this.#register()
  }

  stop(): void {
    this.#ended.abort()
  }

  gone(): void {
    this.stop()
    if (!this.#driver) return
    const { drivers, publish, log } = this.#options
    drivers.delete(this.#driver)
    publish(this.#driver.name).catch(error => log(`plugin ${this.#driver!.name}: ${error.message}`))
  }

  async #register(): Promise<void> {
    const { signal } = this.#ended
    const { clock, log } = this.#options
    for (let wait = RETRY_MS.first; !signal.aborted; wait = Math.min(wait * 2, RETRY_MS.last)) {
      try {
        await this.#once(signal)
        return
      } catch (error) {
        if (signal.aborted) return
        log(`plugin ${path.basename(this.#socket)}: ${(error as Error).message}`)
        await sleep(clock, wait, signal).catch(() => {})
      }
    }
  }

  async #once(signal: AbortSignal): Promise<void> {
    const { clock, drivers, publish } = this.#options
    const channel = openChannel(this.#socket, clock)
    try {
      const info = await call(channel, registrationService.getInfo, {})
      const problem = problemOf(info)
      if (!problem) {
        const driver = await CsiDriver.open(info.name, info.endpoint || this.#socket, clock)
        if (signal.aborted) {
          driver.close()
          return
        }
        this.#driver = driver
        drivers.set(driver)
        await publish()
      }
      const status = { pluginRegistered: !problem, error: problem ?? '' }
      await call(channel, registrationService.notifyRegistrationStatus, status)
    } finally {
      channel.close()
    }
  }
}

function problemOf({ type, name, supportedVersions }: PluginInfo): string | undefined {
  if (type !== 'CSIPlugin') return `plugins of type ${type} are not supported by this version; CSIPlugin is`
  if (!name) return 'the plugin does not say its name'
  if (supportedVersions.some(version => /^v?1\./.test(version))) return undefined
  return `none of the versions ${supportedVersions.join(', ')} is supported; 1.x are`
}
