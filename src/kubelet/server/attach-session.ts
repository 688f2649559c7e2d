import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import net from 'node:net'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { sleep } from '../../apimachinery/clock.ts'
import { internalError } from '../../apimachinery/errors.ts'
import {
  REMOTE_COMMAND_PROTOCOL,
  type RemoteCommandStreams,
  type STREAM_TYPE,
  STREAM_TYPE_HEADER,
} from '../../apimachinery/httpstream/remotecommand.ts'
import { SpdyConnection } from '../../apimachinery/httpstream/spdy.ts'
import type { SpdyStream } from '../../apimachinery/httpstream/spdy-stream.ts'
import { acceptSpdy, requestSpdy, tokens } from '../../apimachinery/httpstream/upgrade.ts'
import type { RuntimeContainer } from '../runtime/runtime-pod.ts'
import { loggedOutput, outputBefore, wholeLines } from './early-output.ts'
import type { Call } from './endpoint.ts'

type StreamType = keyof typeof STREAM_TYPE

interface Session {
  readonly connection: SpdyConnection
  readonly streams: ReadonlyMap<string, SpdyStream>
}

/** How long output may take from the runtime to us, and to the log. */
const LAG_MS = 20
/** How long a pause in the output is waited for. */
const SETTLE_MS = 250
/** How long output is kept back at most until it is known what came before it. */
const GIVE_UP_MS = 1_000
/** How long the runtime may take to say that a container has ended whose output has. */
const END_MS = 2_000
/** So much of what was sent is compared with the log. */
const PROOF_BYTES = 64

/** Whether a request is one that `attachFromStart` can serve. */
export function speaksSpdy({ headers }: IncomingMessage): boolean {
  const isSpdy = String(headers.upgrade).toLowerCase() === 'spdy/3.1'
  return isSpdy && tokens(headers['x-stream-protocol-version']).includes(REMOTE_COMMAND_PROTOCOL)
}

/**
 * Attaches a client to a container so that it sees all output from the container's start on, and each of it once: what was
 * written before, even if the container has ended meanwhile, comes from its log. `attach` asks the runtime for the address of
 * an attachment. Resolves when the session is over.
 */
export async function attachFromStart(
  call: Call,
  { request, socket, head }: { request: IncomingMessage; socket: Duplex; head: Buffer },
  container: RuntimeContainer,
  wanted: RemoteCommandStreams,
  attach: () => Promise<{ url: string }>,
): Promise<void> {
  acceptSpdy(request, socket, [REMOTE_COMMAND_PROTOCOL])
  const client = await acceptStreams(socket, head, typesOf(wanted))
  const { clock } = call.tools.settings
  const end = { known: false }
  const ended = call.tools.cache.whenEnded(container.id).then(() => {
    end.known = true
  })
  let runtime: Session | undefined
  try {
    const opened = await openStreams(attach, typesOf(wanted)).catch((error: Error) => error)
    if (!(opened instanceof Error)) runtime = opened
    const failure = opened instanceof Error ? statusOf(opened) : textOf(opened.streams.get('error')!)
    void client.connection.closed.then(() => runtime?.connection.close())
    for (const type of ['stdin', 'resize'] as const) carryInput(client.streams.get(type), runtime?.streams.get(type))
    const outputs = (['stdout', 'stderr'] as const).filter(type => client.streams.has(type))
    await Promise.all(
      outputs.map(type => {
        const logged = () => loggedOutput(container, type, wanted.tty, call.signal)
        const from = runtime?.streams.get(type)
        return carryOutput(call, { from, to: client.streams.get(type)!, tty: wanted.tty, logged, ended })
      }),
    )
    const said = await Promise.race([failure, sleep(clock, END_MS).then(() => '')])
    // That a container ends by itself is no failure, whatever the runtime says of it; and it may know first.
    const failed = said.includes('"Failure"')
    if (failed && !end.known) await Promise.race([ended, sleep(clock, END_MS)])
    const verdict = failed && !end.known ? said : JSON.stringify({ metadata: {}, status: 'Success' })
    client.streams.get('error')!.end(verdict)
    const unsent = [...client.streams.values()].filter(stream => stream.writableEnded && !stream.writableFinished)
    await Promise.race([Promise.all(unsent.map(stream => once(stream, 'finish'))), client.connection.closed])
  } catch {
    // The client has gone: there is nobody to tell.
  } finally {
    runtime?.connection.close()
    client.connection.close()
  }
}

function typesOf({ stdin, stdout, stderr, tty }: RemoteCommandStreams): StreamType[] {
  const wanted = { error: true, stdin, stdout, stderr: stderr && !tty, resize: tty }
  return (Object.keys(wanted) as StreamType[]).filter(type => wanted[type])
}

/** Resolves once the client has opened all streams that it has asked for; rejects when it goes first. */
function acceptStreams(socket: Duplex, head: Buffer, types: readonly StreamType[]): Promise<Session> {
  const streams = new Map<string, SpdyStream>()
  return new Promise((resolve, reject) => {
    const onStream = (stream: SpdyStream) => {
      streams.set(stream.header(STREAM_TYPE_HEADER) ?? '', stream)
      if (types.every(type => streams.has(type))) resolve({ connection, streams })
    }
    const connection = new SpdyConnection(socket, { role: 'server', head, onStream })
    void connection.closed.then(() => reject(new Error('the client has gone')))
  })
}

async function openStreams(attach: () => Promise<{ url: string }>, types: readonly StreamType[]): Promise<Session> {
  const url = new URL((await attach()).url)
  const socket = net.connect({ host: url.hostname, port: Number(url.port), noDelay: true })
  const path = `${url.pathname}${url.search}`
  const upgraded = await requestSpdy(socket, { path, protocols: [REMOTE_COMMAND_PROTOCOL] })
  const connection = new SpdyConnection(upgraded.socket, { role: 'client', head: upgraded.head })
  const streams = new Map<string, SpdyStream>()
  for (const type of types) streams.set(type, await connection.open({ [STREAM_TYPE_HEADER]: type }))
  return { connection, streams }
}

interface Output {
  readonly from: SpdyStream | undefined
  readonly to: SpdyStream
  readonly tty: boolean
  readonly logged: () => Promise<Buffer>
  /** Resolves when the container has. */
  readonly ended: Promise<void>
}

/** Sends what the container has written before, then what comes. Resolves when there is no more of it. */
async function carryOutput({ tools, signal }: Call, { from, to, tty, logged, ended }: Output): Promise<void> {
  const { clock } = tools.settings
  const pause = () => sleep(clock, LAG_MS, signal)
  const began = clock.now()
  const kept: Buffer[] = []
  const keep = (chunk: Buffer) => kept.push(chunk)
  from?.on('data', keep)
  const over = from ? once(from, 'end') : Promise.resolve()
  const soFar = () => Buffer.concat(kept)
  const finalLog = async () => {
    await Promise.race([ended, sleep(clock, END_MS, signal)])
    // The runtime may still be writing what the container has left.
    for (let log = await logged(); ; ) {
      await pause()
      const next = await logged()
      if (next.length === log.length) return next
      log = next
    }
  }

  const whileRunning = async (): Promise<Buffer> => {
    await pause()
    const early = soFar()
    await pause()
    const log = await logged()
    await pause()
    const since = soFar()
    const isStill = since.length === early.length && (since.length > 0 || (await logged()).length === log.length)
    const waited = clock.now() - began
    // While output comes, lines that are alike cannot be told apart; soon after it pauses, the log has all of it.
    const before = isStill
      ? outputBefore(log, since, wholeLines(since))
      : waited > SETTLE_MS && outputBefore(log, since, wholeLines(early))
    if (before) return Buffer.concat([before, ...kept])
    if (waited < GIVE_UP_MS) return whileRunning()
    return Buffer.concat([log.subarray(0, Math.max(0, log.length - wholeLines(since))), ...kept])
  }
  const afterEnd = async (): Promise<Buffer> => {
    await over
    const log = await finalLog()
    if (!tty) return log
    return Buffer.concat([log.subarray(0, Math.max(0, log.length - soFar().length)), ...kept])
  }
  const first = await Promise.race(from ? [whileRunning(), afterEnd()] : [afterEnd()])
  from?.off('data', keep)
  to.write(first)
  if (from && !from.readableEnded) {
    const sent = new Sent(first)
    from.on('data', chunk => sent.add(chunk))
    await pipeline(from, to, { end: false })
    // The runtime's connection may break off before all of it has come; a terminal's log says too little of what has.
    if (!tty) to.write(sent.missing(await finalLog()))
  }
  to.end()
}

/** How much has been sent, and the end of it. */
class Sent {
  #bytes: number
  #end: Buffer

  constructor(first: Buffer) {
    this.#bytes = first.length
    this.#end = first.subarray(-PROOF_BYTES)
  }

  add(chunk: Buffer): void {
    this.#bytes += chunk.length
    this.#end = Buffer.concat([this.#end, chunk.subarray(-PROOF_BYTES)]).subarray(-PROOF_BYTES)
  }

  /** What of the whole has not been sent; nothing where what was sent is not the beginning of it. */
  missing(whole: Buffer): Buffer {
    const proof = whole.subarray(Math.max(0, this.#bytes - this.#end.length), this.#bytes)
    return proof.equals(this.#end) ? whole.subarray(this.#bytes) : Buffer.alloc(0)
  }
}

function carryInput(from: SpdyStream | undefined, to: SpdyStream | undefined): void {
  if (from && to) pipeline(from, to.resume()).catch(() => {})
}

const statusOf = (error: Error): string =>
  JSON.stringify(internalError(`error attaching to container: ${error.message}`).status)

async function textOf(stream: SpdyStream): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
