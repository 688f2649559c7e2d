import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { answer, requestSpdy, UpgradeError } from './upgrade.ts'
import { acceptWebSocket, webSocketTunnel } from './websocket.ts'

/** SPDY's protocol for port-forwarding: per connection a data and an error stream. */
export const PORT_FORWARD_PROTOCOL = 'portforward.k8s.io'
/** The same within a WebSocket (KEP-4006). */
export const PORT_FORWARD_TUNNEL = `SPDY/3.1+${PORT_FORWARD_PROTOCOL}`

/**
 * port-forward for WebSocket clients: asks the node for SPDY over the connection `node`, takes the client's upgrade to the
 * tunnel, and passes SPDY's bytes through (upstream's TunnelingHandler). A refusal by the node is the client's answer.
 * Resolves when either side has closed.
 */
export async function tunnelPortForward(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  node: Duplex,
  path: string,
): Promise<void> {
  try {
    const upgraded = await requestSpdy(node, { path, protocols: [PORT_FORWARD_PROTOCOL] })
    const accepted = await acceptWebSocket(request, socket, head, [PORT_FORWARD_TUNNEL])
    if (!accepted) return
    const tunnel = webSocketTunnel(accepted.webSocket)
    if (upgraded.head.length > 0) tunnel.write(upgraded.head)
    await pipeline(tunnel, upgraded.socket, tunnel).catch(() => tunnel.destroy())
  } catch (error) {
    refuse(socket, error)
  } finally {
    node.destroy()
  }
}

function refuse(socket: Duplex, error: unknown): void {
  if (error instanceof UpgradeError) {
    answer(socket, error.status, error.contentType ?? 'text/plain', error.body)
  } else {
    const message = error instanceof Error ? error.message : String(error)
    answer(socket, 502, 'text/plain', Buffer.from(`error dialing the node: ${message}\n`))
  }
}
