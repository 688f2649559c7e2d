import net, { type Server, type Socket } from 'node:net'

/** Opens a connection inside the cluster's network. */
export type Dial = (host: string, port: number) => Promise<Socket>

/**
 * Passes connections to an address and port of this machine on. `targets` are the places to try for a new one, in this
 * order, until one accepts. Rejects with the system's error when it cannot listen.
 */
export async function forwardTcp(
  address: string,
  port: number,
  targets: () => readonly (readonly [host: string, port: number])[],
  dial: Dial,
): Promise<Server> {
  const server = net.createServer({ pauseOnConnect: true, allowHalfOpen: true }, client => {
    client.on('error', () => client.destroy())
    firstOf(targets(), dial).then(
      upstream => (client.destroyed ? upstream.destroy() : join(client, upstream)),
      () => client.resetAndDestroy(),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, address, resolve)
  })
  server.on('error', () => {})
  return server
}

async function firstOf(targets: readonly (readonly [host: string, port: number])[], dial: Dial): Promise<Socket> {
  let failure: unknown
  for (const [host, port] of targets) {
    try {
      return await dial(host, port)
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

/** Each direction ends by itself; a broken connection breaks the other one too. */
function join(a: Socket, b: Socket): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.on('error', () => to.destroy())
    // What is still on its way out of `to` is not cut off when `from` has ended as it should.
    from.on('close', failed => {
      if (failed || !from.readableEnded) to.destroy()
    })
    from.pipe(to)
  }
}
