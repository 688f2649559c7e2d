import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { sleep } from '../../apimachinery/clock.ts'
import { runTool } from '../proxy/nft.ts'
import type { IngressOptions } from './index.ts'
import type { VirtualHost } from './model.ts'
import { nginxConfig } from './nginx-config.ts'

interface Certificate {
  readonly certificate: string
  readonly key: string
}

const HTTP = 80
const HTTPS = 443
/** Waits before nginx is started again after it ended by itself. */
const RESTART_MS = 500

/** The nginx process and its files. */
export class Nginx {
  readonly #options: IngressOptions
  #child: ChildProcess | undefined
  #current = ''

  constructor(options: IngressOptions) {
    this.#options = options
    options.signal.addEventListener('abort', () => this.#child?.kill('SIGQUIT'), { once: true })
  }

  /**
   * Serves these hosts from now on; false when nothing has changed. A configuration nginx does not accept is refused whole
   * (the old one stays in force) with what nginx says about it.
   */
  async configure(hosts: readonly VirtualHost[], certificates: ReadonlyMap<string, Certificate>): Promise<boolean> {
    const { dir, nodeAddress, defaultCertificate } = this.#options
    const fileOf = ({ tlsSecret }: VirtualHost) => {
      const known = tlsSecret && certificates.has(tlsSecret)
      return path.join(dir, 'certificates', known ? tlsSecret.replace('/', '_') : '_default')
    }
    const addresses = { listen: nodeAddress, httpPort: HTTP, httpsPort: HTTPS, resolver: nodeAddress }
    const config = nginxConfig(hosts, { dir, certificate: fileOf }, addresses)
    const fingerprint = JSON.stringify([config, [...certificates]])
    if (fingerprint === this.#current) return false
    await mkdir(path.join(dir, 'certificates'), { recursive: true })
    await this.#writeCertificate('_default', defaultCertificate)
    for (const [secret, pair] of certificates) await this.#writeCertificate(secret.replace('/', '_'), pair)
    const file = path.join(dir, 'nginx.conf')
    await writeFile(`${file}.new`, config)
    await runTool('nginx', ['-t', '-q', '-p', dir, '-e', path.join(dir, 'error.log'), '-c', `${file}.new`])
    await rename(`${file}.new`, file)
    if (this.#child) this.#child.kill('SIGHUP')
    else this.#start(file)
    this.#current = fingerprint
    return true
  }

  async #writeCertificate(name: string, { certificate, key }: Certificate): Promise<void> {
    const base = path.join(this.#options.dir, 'certificates', name)
    await writeFile(`${base}.crt`, certificate)
    await writeFile(`${base}.key`, key, { mode: 0o600 })
  }

  #start(file: string): void {
    const { dir, signal, clock, log } = this.#options
    const child = spawn('nginx', ['-p', dir, '-e', path.join(dir, 'error.log'), '-c', file], { stdio: 'ignore' })
    this.#child = child
    const ended = async (why: string) => {
      this.#child = undefined
      if (signal.aborted) return
      log(`nginx ended (${why}); it is started again`)
      await sleep(clock, RESTART_MS, signal).catch(() => {})
      if (!signal.aborted && !this.#child) this.#start(file)
    }
    child.on('error', error => void ended(error.message))
    child.on('exit', code => void ended(`exit code ${code}`))
  }
}
