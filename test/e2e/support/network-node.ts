import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { KubeObject } from '../../../src/apimachinery/schema/kind.ts'

export interface NetworkNodeSettings {
  nodeName: string
  nodeAddress: string
  ingress?: { dir: string; certificate: { certificate: string; key: string } }
}
export interface NetworkNodeRequest {
  id: number
  verb: 'apply' | 'delete'
  object: KubeObject
}
export interface NetworkNodeReply {
  ready?: true
  log?: string
  id?: number
  error?: string
}

/** A node's service proxy, DNS and ingress, running in its network namespace. */
export interface NetworkNode {
  /** Resolves once the node's API server has the object. */
  apply(object: object): Promise<void>
  delete(object: object): Promise<void>
  readonly logs: string[]
  pid: number
  /** Ends it and resolves when it is gone; SIGKILL where that is asked for. */
  end(signal?: NodeJS.Signals): Promise<void>
}

/** Starts a node's network in the namespace that a file stands for. */
export async function startNetworkNode(namespaceFile: string, settings: NetworkNodeSettings): Promise<NetworkNode> {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
  const main = fileURLToPath(new URL('./network-node-main.ts', import.meta.url))
  const args = [`--net=${namespaceFile}`, process.execPath, '--import', tsx, main, JSON.stringify(settings)]
  const child = spawn('nsenter', args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const logs: string[] = []
  const waiting = new Map<number, { resolve(): void; reject(error: Error): void }>()
  const gone = new Promise<void>(resolve => child.once('exit', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    child.once('exit', code => reject(new Error(`the node's network ended with ${code}: ${logs.join('\n')}`)))
    child.on('message', message => {
      const { ready, log, id, error } = message as NetworkNodeReply
      if (ready) resolve()
      if (log) logs.push(log)
      if (id === undefined) return
      const { resolve: done, reject: fail } = waiting.get(id)!
      waiting.delete(id)
      if (error) fail(new Error(error))
      else done()
    })
  })
  let last = 0
  const ask = (verb: NetworkNodeRequest['verb'], object: object) =>
    new Promise<void>((resolve, reject) => {
      const id = ++last
      waiting.set(id, { resolve, reject })
      child.send({ id, verb, object } as NetworkNodeRequest)
    })
  return {
    apply: object => ask('apply', object),
    delete: object => ask('delete', object),
    logs,
    pid: child.pid!,
    async end(signal) {
      if (signal) child.kill(signal)
      else if (child.connected) child.disconnect()
      await gone
    },
  }
}
