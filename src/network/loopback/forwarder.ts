import net, { type Server, type Socket } from 'node:net'
import { type Service, service as serviceKind } from '../../api/core/service.ts'
import type { Clock } from '../../apimachinery/clock.ts'
import type { Random } from '../../apimachinery/random.ts'
import type { Client } from '../../client/client.ts'
import { Informer, keyOf } from '../../client/informer.ts'

export interface LoopbackOptions {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
  readonly log: (line: string) => void
  /** The loopback address to listen on. */
  readonly address: string
  readonly nodeAddresses: readonly string[]
  /** Opens a connection inside the cluster's network. */
  readonly dial: (host: string, port: number) => Promise<Socket>
  /** Further ports to bring out: here to there, on the first node. */
  readonly fixed?: ReadonlyMap<number, number>
}

/**
 * Brings the TCP node ports of every Service to a loopback address of this machine, which is not part of the cluster's
 * network. Each listener comes and goes with its Service.
 */
export async function startLoopbackForwarder(options: LoopbackOptions): Promise<void> {
  const { client, clock, random, signal, fixed = new Map<number, number>() } = options
  const listeners = new Map<number, { server: Server; owner: string }>()
  let turn = 0
  const anyNode = () => options.nodeAddresses[turn++ % options.nodeAddresses.length]!

  for (const [port, target] of fixed) listenOn(options, port, () => [options.nodeAddresses[0]!, target])
  const informer = new Informer(serviceKind, client, clock, random)
  informer.start(signal)
  informer.onChange((object, previous) => {
    const owner = keyOf((object ?? previous)!)
    const wanted = new Set(object ? nodePortsOf(object) : [])
    for (const [port, listener] of listeners) {
      if (listener.owner !== owner || wanted.has(port)) continue
      listener.server.close()
      listeners.delete(port)
    }
    for (const port of wanted) {
      if (listeners.has(port)) continue
      listeners.set(port, { server: listenOn(options, port, () => [anyNode(), port]), owner })
    }
  })
  await informer.whenSynced()
}

function nodePortsOf({ spec }: Service): number[] {
  return (spec.ports ?? []).filter(p => p.nodePort && p.protocol === 'TCP').map(p => p.nodePort!)
}

function listenOn(
  { address, dial, signal, log }: LoopbackOptions,
  port: number,
  target: () => [host: string, port: number],
): Server {
  const server = net.createServer({ pauseOnConnect: true, allowHalfOpen: true }, client => {
    client.on('error', () => client.destroy())
    dial(...target()).then(
      upstream => join(client, upstream),
      () => client.destroy(),
    )
  })
  server.on('error', (error: NodeJS.ErrnoException) => {
    const why = error.code === 'EADDRINUSE' ? 'another program listens there' : error.message
    log(`port ${port} cannot be reached at ${address}: ${why}`)
  })
  server.listen(port, address)
  signal.addEventListener('abort', () => server.close(), { once: true })
  return server
}

function join(a: Socket, b: Socket): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.on('error', () => to.destroy())
    from.on('close', () => to.destroy())
    from.pipe(to)
  }
}
