import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Exchange } from '../server/exchange.ts'

/** Passes an answer's body on as it arrives, at the client's pace; ends the connection when either side does. */
export async function sendThrough(
  response: IncomingMessage,
  exchange: Exchange,
  connection: Duplex,
  contentType: string,
): Promise<void> {
  const stream = exchange.stream(response.statusCode ?? 200, contentType)
  const stop = () => connection.destroy()
  exchange.signal.addEventListener('abort', stop, { once: true })
  try {
    for await (const chunk of response) {
      if (!stream.write(chunk as Buffer)) await stream.drained()
      if (exchange.signal.aborted) break
    }
  } catch (error) {
    if (!exchange.signal.aborted) throw error
  } finally {
    exchange.signal.removeEventListener('abort', stop)
    stream.end()
    connection.destroy()
  }
}
