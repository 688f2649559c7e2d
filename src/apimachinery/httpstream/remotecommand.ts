import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { SpdyConnection } from './spdy.ts'
import type { SpdyStream } from './spdy-stream.ts'
import { requestSpdy } from './upgrade.ts'
import { acceptWebSocket, CHANNEL_PROTOCOLS, WebSocketChannels } from './websocket.ts'

export { tunnelPortForward } from './portforward.ts'

/** Header that says what a SPDY stream of exec and attach carries. */
export const STREAM_TYPE_HEADER = 'streamtype'
/** Values of that header. */
export const STREAM_TYPE = {
  error: 'error',
  stdin: 'stdin',
  stdout: 'stdout',
  stderr: 'stderr',
  resize: 'resize',
} as const
/** WebSocket channels of the same streams. */
export const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const
/** The newest of SPDY's protocols for exec and attach; all runtimes speak it. */
export const REMOTE_COMMAND_PROTOCOL = 'v4.channel.k8s.io'

/** Which streams a command or attachment has. */
export interface RemoteCommandStreams {
  stdin: boolean
  stdout: boolean
  stderr: boolean
  tty: boolean
}

const SUCCESS = { metadata: {}, status: 'Success' }

/**
 * exec and attach for WebSocket clients: takes the client's upgrade, asks the node for the same in SPDY over the connection
 * `node`, and carries bytes between the two (upstream's StreamTranslator). What goes wrong after the client's upgrade is
 * told as a Status on the error channel. Resolves when the session is over; never rejects once the client is in.
 */
export async function translateRemoteCommand(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  node: Duplex,
  path: string,
  streams: RemoteCommandStreams,
): Promise<void> {
  const accepted = await acceptWebSocket(request, socket, head, [...CHANNEL_PROTOCOLS, ''])
  if (!accepted) {
    node.destroy()
    return
  }
  const { webSocket, protocol } = accepted
  const channels = new WebSocketChannels(webSocket, { role: 'server', protocol, channels: Object.values(CHANNEL) })
  const report = (status: object) => writeStatus(channels, protocol, status)
  try {
    const upgraded = await requestSpdy(node, { path, protocols: [REMOTE_COMMAND_PROTOCOL] })
    const spdy = new SpdyConnection(upgraded.socket, { role: 'client', head: upgraded.head })
    await report(await translate(channels, spdy, streams))
  } catch (error) {
    await report(internalError(error))
  } finally {
    channels.close()
    node.destroy()
  }
  await channels.closed
}

/**
 * Carries one exec or attach session between a client's WebSocket channels and a runtime's SPDY streams, until the runtime
 * has closed its output or the client is gone. Returns the Status that the runtime gave; closes `spdy`, not `channels`.
 */
export async function translate(
  channels: WebSocketChannels,
  spdy: SpdyConnection,
  streams: RemoteCommandStreams,
): Promise<object> {
  const clientGone = channels.closed.then(() => spdy.close())
  try {
    announce(channels, streams)
    const error = await open(spdy, STREAM_TYPE.error)
    // The runtime begins when it has every stream, so all are opened before anything is sent.
    const stdin = streams.stdin && (await open(spdy, STREAM_TYPE.stdin))
    const stdout = streams.stdout && (await open(spdy, STREAM_TYPE.stdout))
    const stderr = streams.stderr && !streams.tty && (await open(spdy, STREAM_TYPE.stderr))
    const resize = streams.tty && (await open(spdy, STREAM_TYPE.resize))
    if (stdin) void pumpIn(channels.channel(CHANNEL.stdin), stdin)
    if (resize) void pumpIn(channels.channel(CHANNEL.resize), resize)
    const output = [
      stdout && pumpOut(stdout, channels.channel(CHANNEL.stdout)),
      stderr && pumpOut(stderr, channels.channel(CHANNEL.stderr)),
    ]
    const status = readAll(error)
    await Promise.race([Promise.all(output), clientGone])
    const text = await status
    if (text.length > 0) return JSON.parse(text)
    return error.aborted ? internalError('the connection to the container runtime was lost') : SUCCESS
  } finally {
    spdy.close()
  }
}

function open(spdy: SpdyConnection, type: string): Promise<SpdyStream> {
  return spdy.open({ [STREAM_TYPE_HEADER]: type })
}

/** An empty message on the first channel that the client reads tells it that the session has begun. */
function announce(channels: WebSocketChannels, { stdout, stderr }: RemoteCommandStreams): void {
  const channel = stdout ? CHANNEL.stdout : stderr ? CHANNEL.stderr : CHANNEL.error
  channels.send(channel, Buffer.alloc(0), () => {})
}

/** From the client to the runtime. Either end may stop first: that ends nothing else. */
async function pumpIn(channel: Duplex, stream: SpdyStream): Promise<void> {
  stream.resume()
  await pipeline(channel, stream).catch(() => {})
}

/** From the runtime to the client. A client that is gone ends the session elsewhere. */
async function pumpOut(stream: SpdyStream, channel: Duplex): Promise<void> {
  await pipeline(stream, channel, { end: false }).catch(() => stream.resume())
}

async function readAll(stream: SpdyStream): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** In the first protocols the error channel carries a plain message, and only when something failed. */
function writeStatus(channels: WebSocketChannels, protocol: string, status: object): Promise<void> {
  const versioned = protocol.startsWith('v')
  const succeeded = 'status' in status && status.status === 'Success'
  if (!versioned && succeeded) return Promise.resolve()
  const message = 'message' in status ? String(status.message) : ''
  const data = Buffer.from(versioned ? JSON.stringify(status) : message)
  return new Promise(resolve => channels.send(CHANNEL.error, data, () => resolve()))
}

function internalError(error: unknown): object {
  const message = error instanceof Error ? error.message : String(error)
  return {
    metadata: {},
    status: 'Failure',
    message: `Internal error occurred: ${message}`,
    reason: 'InternalError',
    details: { causes: [{ message }] },
    code: 500,
  }
}
