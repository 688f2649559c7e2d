import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { anySignal } from '../../../src/apimachinery/abort.ts'
import { systemClock } from '../../../src/apimachinery/clock.ts'
import type { Kind, KubeObject } from '../../../src/apimachinery/schema/kind.ts'
import { parseYaml } from '../../../src/apimachinery/yaml.ts'
import { Client } from '../../../src/client/client.ts'
import { HttpTransport } from '../../../src/client/http-transport.ts'
import { imageCache } from './test-cluster.ts'

const HOMES = 'tsukube-e2e-'
/** How long a test waits for objects to become as it wants them. */
const PATIENCE_MS = 60_000

/** A cluster of the built program, in a home of its own. */
export class ProgramCluster {
  readonly name = `test-${process.pid}`
  readonly home = path.join(tmpdir(), `${HOMES}${process.pid}`)
  readonly env = envOf(this.home)
  #transport: HttpTransport | undefined
  #client: Client | undefined

  /** Starts it with `up`'s arguments, after deleting the clusters of test runs that were killed. */
  async up(...args: string[]): Promise<void> {
    await sweep()
    mkdirSync(this.home, { recursive: true })
    await this.run('up', ...args)
    this.connect()
  }

  /** Runs the program on the cluster; rejects with what it printed when it fails. */
  run(...args: string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, ['bin/tsukube', ...args, '--name', this.name], { env: this.env })
      let [out, err] = ['', '']
      child.stdout.on('data', chunk => {
        out += chunk
      })
      child.stderr.on('data', chunk => {
        err += chunk
      })
      child.on('close', code => (code === 0 ? resolve(out) : reject(new Error(`${args.join(' ')}: ${err}${out}`))))
    })
  }

  /** An administrator's. */
  get client(): Client {
    return this.#client!
  }

  /** Makes `client` one of the server as it is now. */
  connect(): void {
    const config = parseYaml(readFileSync(this.env.KUBECONFIG, 'utf8')) as {
      clusters: { cluster: Record<string, string> }[]
      users: { user: Record<string, string> }[]
    }
    const plain = (text: string | undefined) => Buffer.from(text ?? '', 'base64').toString()
    const [{ cluster }, { user }] = [config.clusters[0]!, config.users[0]!]
    this.#transport = new HttpTransport({
      server: cluster.server!,
      ca: plain(cluster['certificate-authority-data']),
      certificate: plain(user['client-certificate-data']),
      key: plain(user['client-key-data']),
    })
    this.#client = new Client(this.#transport)
  }

  async disconnect(): Promise<void> {
    await this.#transport?.close()
  }

  /** Resolves with the objects of a kind, in the namespace `default`, once they are as wanted, by watching. */
  async until<T extends KubeObject, I>(
    kind: Kind<T, I>,
    wanted: (objects: T[]) => boolean,
    patienceMs = PATIENCE_MS,
  ): Promise<T[]> {
    const objects = new Map<string, T>()
    const [done, patience] = [new AbortController(), new AbortController()]
    const timer = systemClock.timer(patienceMs, () => patience.abort())
    const signal = anySignal(done.signal, patience.signal)
    const namespace = kind.scope === 'Namespaced' ? 'default' : undefined
    try {
      const { items, metadata } = await this.client.list(kind, { namespace })
      for (const object of items as readonly T[]) objects.set(object.metadata.name!, object)
      if (wanted([...objects.values()])) return [...objects.values()]
      const { resourceVersion } = metadata
      await this.client.watch(kind as unknown as Kind, { namespace, resourceVersion }, signal, ({ type, object }) => {
        if (type === 'DELETED') objects.delete(object.metadata.name!)
        else objects.set(object.metadata.name!, object as unknown as T)
        if (wanted([...objects.values()])) done.abort()
      })
    } catch (error) {
      if (!done.signal.aborted) {
        const found = [...objects.values()].map(o => [o.metadata.name, (o as { status?: unknown }).status])
        throw new Error(`not as wanted: ${JSON.stringify(found)}`, { cause: error })
      }
    } finally {
      timer.cancel()
    }
    return [...objects.values()]
  }

  /** Deletes the cluster; nothing of it is left. */
  async end(): Promise<void> {
    await this.disconnect()
    await this.run('delete').catch(() => {})
    rmSync(this.home, { recursive: true, force: true })
  }
}

const envOf = (home: string) => ({
  ...process.env,
  TSUKUBE_HOME: home,
  TSUKUBE_CACHE: path.dirname(imageCache),
  TSUKUBE_EGRESS: 'none',
  KUBECONFIG: path.join(home, 'kubeconfig'),
})

/** Deletes the clusters of test runs that were killed. */
async function sweep(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter(n => n.startsWith(HOMES))) {
    const pid = Number(name.slice(HOMES.length))
    if (existsSync(`/proc/${pid}`)) continue
    const old = path.join(tmpdir(), name)
    const child = spawn(process.execPath, ['bin/tsukube', 'delete', '--name', `test-${pid}`], {
      env: envOf(old),
      stdio: 'ignore',
    })
    await new Promise(resolve => child.once('close', resolve))
    rmSync(old, { recursive: true, force: true })
  }
}
