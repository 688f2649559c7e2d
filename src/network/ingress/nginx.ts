import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Clock, Timer } from '../../apimachinery/clock.ts'
import { runTool } from '../proxy/nft.ts'

export interface NginxOptions {
  /** Folder for its files. */
  readonly dir: string
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly log: (line: string) => void
}

/** A configuration that nginx does not take; the message is what it says about it. */
export class ConfigRefused extends Error {}

/** Waits before nginx is started again after it ended by itself: doubling up to the limit. */
const RESTART_MS = 500
const RESTART_LIMIT_MS = 60_000
/** Having run for so long, it had started well. */
const SETTLED_MS = 10_000
const SETPRIV = '/usr/bin/setpriv'

/** The nginx process and its files. It ends with the signal, and with this process. */
export class Nginx {
  readonly #options: NginxOptions
  #child: ChildProcess | undefined
  #restart: Timer | undefined
  #failures = 0
  #config = ''
  /** Files have changed since nginx last read them. */
  #renewed = false
  readonly #files = new Map<string, string>()

  constructor(options: NginxOptions) {
    this.#options = options
    options.signal.addEventListener(
      'abort',
      () => {
        this.#restart?.cancel()
        this.#child?.kill('SIGQUIT')
      },
      { once: true },
    )
  }

  /** Throws ConfigRefused when nginx does not take the configuration, another error when it cannot be asked. */
  async check(config: string): Promise<void> {
    const file = this.#path('nginx.conf.new')
    await writeFile(file, config)
    try {
      await runTool('nginx', ['-t', '-q', ...this.#arguments(file)])
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT')
        throw new Error('nginx is not installed ("apt-get install nginx-light" installs it)')
      throw new ConfigRefused(complaintOf((error as Error).message))
    }
  }

  /** Writes a file that configurations refer to, by its name within the folder. */
  async write(name: string, content: string, mode = 0o644): Promise<void> {
    if (this.#files.get(name) === content) return
    const file = this.#path(name)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(`${file}.new`, content, { mode })
    await rename(`${file}.new`, file)
    this.#files.set(name, content)
    this.#renewed = true
  }

  /**
   * Serves by this configuration from now on; does nothing when it is in force already and no file has changed. Throws as
   * `check` does; what was in force then stays so.
   */
  async configure(config: string): Promise<void> {
    if (config === this.#config && !this.#renewed) return
    await this.check(config)
    await rename(this.#path('nginx.conf.new'), this.#path('nginx.conf'))
    this.#config = config
    this.#renewed = false
    if (this.#child) this.#child.kill('SIGHUP')
    else if (!this.#restart) this.#start()
  }

  #path(name: string): string {
    return path.join(this.#options.dir, name)
  }

  #arguments(file: string): string[] {
    return ['-p', this.#options.dir, '-e', this.#path('error.log'), '-c', file]
  }

  #start(): void {
    const { clock, signal } = this.#options
    this.#restart = undefined
    if (signal.aborted) return
    const begin = clock.now()
    const command = ['nginx', ...this.#arguments(this.#path('nginx.conf'))]
    // Should this process be killed, the next one finds the ports free.
    if (existsSync(SETPRIV)) command.unshift(SETPRIV, '--pdeathsig', 'TERM')
    const child = spawn(command[0]!, command.slice(1), { stdio: 'ignore' })
    this.#child = child
    let ended = false
    const onEnd = (why: string) => {
      if (ended) return
      ended = true
      void this.#ended(why, child.pid, clock.now() - begin)
    }
    child.on('error', error => onEnd(error.message))
    child.on('exit', (code, killer) => onEnd(killer ? `ended by ${killer}` : `exit code ${code}`))
  }

  async #ended(why: string, pid: number | undefined, ran: number): Promise<void> {
    const { clock, signal, log } = this.#options
    this.#child = undefined
    if (signal.aborted) return
    this.#failures = ran > SETTLED_MS ? 0 : this.#failures + 1
    const wait = Math.min(RESTART_MS * 2 ** Math.max(0, this.#failures - 1), RESTART_LIMIT_MS)
    this.#restart = clock.timer(wait, () => this.#start())
    const reason = await this.#lastWords(pid)
    log(`ingress: nginx has ended (${reason || why}); it is started again in ${wait / 1000} s`)
  }

  /** Why the process ended, by the log. */
  async #lastWords(pid: number | undefined): Promise<string> {
    const log = await readFile(this.#path('error.log'), 'utf8').catch(() => '')
    const words = log.split('\n').filter(line => line.includes(`[emerg] ${pid}#`) && !line.includes('still could not'))
    return complaintOf(words.at(-1) ?? '')
  }
}

/** What nginx says, without its time, process and file names. */
function complaintOf(text: string): string {
  const line = text.split('\n').find(l => l.includes('[emerg]')) ?? text
  return line
    .replace(/^.*\[emerg\]\s*(?:\d+#\d+:\s*)?/, '')
    .replace(/ in \S+\.conf(\.new)?:\d+$/, '')
    .trim()
}
