import { type ChildProcess, spawn } from 'node:child_process'
import type dgram from 'node:dgram'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import type net from 'node:net'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { TOOL_PATH } from '../system/run.ts'
import type { HelperReply, HelperRequest } from './netns-helper-child.ts'

/** Sockets of another network namespace, usable in this process. */
export interface Netns {
  /** A server that listens there; 'connection' events, close() and use by http's listen(server) work as usual. */
  listen(host: string, port: number): Promise<net.Server>
  /**
   * A connection opened there. Nothing was read from it yet, and its two directions end separately (allowHalfOpen).
   * Rejects with the system's error, such as ECONNREFUSED, or with the signal's reason.
   */
  connect(host: string, port: number, options?: { signal?: AbortSignal }): Promise<net.Socket>
  /** A datagram socket bound there. */
  bind(host: string, port: number): Promise<dgram.Socket>
  /** Ends the helper; sockets that were handed out live on. */
  close(): void
}

/** A program that calls `runNetnsHelper`. */
interface HelperProgram {
  execPath: string
  args: readonly string[]
}

/**
 * The helper's own program: netns-helper-main beside this file, run through tsx from the sources. Where a bundle has
 * left that out, the program that runs now is started with the hidden command `netns-helper`.
 */
function defaultHelperProgram(): HelperProgram {
  const here = fileURLToPath(import.meta.url)
  const extension = path.extname(here)
  const main = path.join(path.dirname(here), `netns-helper-main${extension}`)
  // It holds next to nothing; a small young generation keeps it small.
  const flags = ['--max-semi-space-size=1']
  if (extension === '.ts') {
    const tsx = pathToFileURL(createRequire(here).resolve('tsx')).href
    return { execPath: process.execPath, args: [...flags, '--import', tsx, main] }
  }
  const args = existsSync(main) ? [main] : [process.argv[1]!, 'netns-helper']
  return { execPath: process.execPath, args: [...flags, ...args] }
}

interface Pending {
  resolve(handle: unknown): void
  reject(error: Error): void
}

/**
 * Opens sockets inside the network namespace held by `file` (a path such as /run/netns/x or /proc/123/ns/net). A child
 * process under nsenter opens them and hands them over. The child starts with the first request, and again when it is
 * needed after it died.
 */
export function openNetns(file: string, program: HelperProgram = defaultHelperProgram()): Netns {
  let child: ChildProcess | undefined
  let closed = false
  let lastId = 0
  const pending = new Map<number, Pending>()

  function start(): ChildProcess {
    const started = spawn('nsenter', [`--net=${file}`, program.execPath, ...program.args], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...process.env, PATH: TOOL_PATH, NODE_OPTIONS: '' },
    })
    started.on('message', (message, handle) => settle(message as HelperReply, handle))
    const gone = (why: string) => {
      if (child === started) child = undefined
      const error = Object.assign(new Error(`the helper in ${file} ${why}`), { code: 'EPIPE' })
      for (const [id, { reject }] of pending) {
        pending.delete(id)
        reject(error)
      }
    }
    started.on('error', error => gone(`could not start: ${error.message}`))
    started.on('exit', (status, signal) => gone(`ended with ${signal ?? `status ${status}`}`))
    return started
  }

  function settle(reply: HelperReply, handle: unknown): void {
    const waiting = pending.get(reply.id)
    pending.delete(reply.id)
    if (!waiting) {
      // Nobody waits for it any more.
      const socket = handle as net.Socket | net.Server | undefined
      if (socket && 'destroy' in socket) socket.destroy()
      else socket?.close()
    } else if (reply.ok) waiting.resolve(handle)
    else waiting.reject(Object.assign(new Error(reply.message), { code: reply.code }))
    if (pending.size === 0) rest()
  }

  /** An idle helper does not keep this process alive. */
  function rest(): void {
    child?.unref()
    child?.channel?.unref()
  }

  async function ask<T>(request: Omit<HelperRequest, 'id'>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted()
    if (closed) throw new Error(`the helper in ${file} is closed`)
    const id = ++lastId
    child ??= start()
    const running = child
    running.ref()
    running.channel?.ref()
    let onAbort = () => {}
    try {
      return await new Promise<T>((resolve, reject) => {
        pending.set(id, { resolve: handle => resolve(handle as T), reject })
        onAbort = () => {
          pending.delete(id)
          reject(signal!.reason)
        }
        signal?.addEventListener('abort', onAbort, { once: true })
        running.send({ ...request, id } as HelperRequest, error => {
          if (error && pending.delete(id)) reject(error)
        })
      })
    } finally {
      signal?.removeEventListener('abort', onAbort)
      if (pending.size === 0) rest()
    }
  }

  return {
    listen: (host, port) => ask<net.Server>({ kind: 'listen', host, port }),
    bind: (host, port) => ask<dgram.Socket>({ kind: 'bind', host, port }),
    async connect(host, port, { signal } = {}) {
      const socket = await ask<net.Socket>({ kind: 'connect', host, port }, signal)
      socket.allowHalfOpen = true
      return socket
    },
    close() {
      closed = true
      child?.disconnect()
      child?.unref()
    },
  }
}
