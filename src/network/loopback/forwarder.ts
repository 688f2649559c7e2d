import { type Service, service as serviceKind } from '../../api/core/service.ts'
import type { Clock } from '../../apimachinery/clock.ts'
import type { Random } from '../../apimachinery/random.ts'
import type { Client } from '../../client/client.ts'
import { EventRecorder } from '../../client/event-recorder.ts'
import { Informer, keyOf } from '../../client/informer.ts'
import { type Dial, forwardTcp } from './tcp.ts'
import { type Bind, type Forwarding, forwardUdp } from './udp.ts'

export interface LoopbackOptions {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
  readonly log: (line: string) => void
  /** The loopback address to listen on. */
  readonly address: string
  readonly nodeAddresses: readonly string[]
  readonly dial: Dial
  /** Without it, UDP node ports stay inside the cluster. */
  readonly bind?: Bind
  /** Further TCP ports to bring out: here to there, on the first node. One that is in use gives way to another (`fixed`). */
  readonly fixed?: ReadonlyMap<number, number>
}

export interface LoopbackPorts {
  /** Where the further ports are: the port asked for, to the one that was free. Those for which none was are left out. */
  readonly fixed: ReadonlyMap<number, number>
}

/** What is listened on for a Service; without its forwarding while it begins. */
interface Listener {
  readonly owner: string
  forwarding?: Forwarding
}

/** Ports that take the place of one in use: 80 becomes 8080 or one of the next, 443 becomes 8443. */
const ELSEWHERE = 8000
const ELSEWHERE_TRIES = 10

/**
 * Brings the node ports of every Service to a loopback address of this machine, which is not part of the cluster's network.
 * Each listener comes and goes with its Service. Resolves when those of the present Services listen; a port that cannot be
 * had is logged and told in an event.
 */
export async function startLoopbackForwarder(options: LoopbackOptions): Promise<LoopbackPorts> {
  const { client, clock, random, signal, address, log } = options
  const events = new EventRecorder(client, 'loopback-forwarder', clock, random)
  const listeners = new Map<string, Listener>()
  const starting = new Set<Promise<void>>()
  const fixed = await fixedPorts(options)
  const targets = rotation(options.nodeAddresses)

  const listen = ({ port, protocol }: NodePort): Promise<Forwarding> => {
    if (protocol === 'UDP') return forwardUdp(address, port, () => targets(port)[0]!, options.bind!, clock)
    return forwardTcp(address, port, () => targets(port), options.dial)
  }
  const open = async (service: Service, wanted: NodePort): Promise<void> => {
    const key = keyOfPort(wanted)
    const listener: Listener = { owner: keyOf(service) }
    listeners.set(key, listener)
    try {
      const forwarding = await listen(wanted)
      if (listeners.get(key) === listener && !signal.aborted) listener.forwarding = forwarding
      else forwarding.close()
    } catch (error) {
      if (listeners.get(key) === listener) listeners.delete(key)
      const why = reasonOf(error as NodeJS.ErrnoException)
      const message = `Node port ${wanted.port}/${wanted.protocol} cannot be reached at ${address}: ${why}`
      log(`service ${listener.owner}: ${message}`)
      events.warning(service, 'PortUnavailable', message)
    }
  }
  const informer = new Informer(serviceKind, client, clock, random)
  informer.start(signal)
  await informer.whenSynced()
  informer.onChange((object, previous) => {
    const owner = keyOf((object ?? previous)!)
    const wanted = new Map((object ? nodePortsOf(object, !!options.bind) : []).map(p => [keyOfPort(p), p]))
    for (const [key, listener] of listeners) {
      if (listener.owner !== owner || wanted.has(key)) continue
      listeners.delete(key)
      listener.forwarding?.close()
    }
    for (const [key, port] of wanted) {
      if (listeners.has(key)) continue
      const opening = open(object!, port)
      starting.add(opening)
      void opening.then(() => starting.delete(opening))
    }
  })
  signal.addEventListener(
    'abort',
    () => {
      for (const { forwarding } of [...listeners.values(), ...fixed]) forwarding?.close()
    },
    { once: true },
  )
  await Promise.all(starting)
  return { fixed: new Map(fixed.map(({ asked, port }) => [asked, port])) }
}

interface NodePort {
  readonly port: number
  readonly protocol: string
}

const keyOfPort = ({ port, protocol }: NodePort) => `${port}/${protocol}`

function nodePortsOf({ spec }: Service, udp: boolean): NodePort[] {
  return (spec.ports ?? []).flatMap(({ nodePort, protocol }) =>
    nodePort && (protocol === 'TCP' || (protocol === 'UDP' && udp)) ? [{ port: nodePort, protocol }] : [],
  )
}

/** All nodes, each time another one first: those without an endpoint of their own may refuse. */
function rotation(addresses: readonly string[]) {
  let turn = 0
  return (port: number) => {
    const first = turn++ % addresses.length
    return [...addresses.slice(first), ...addresses.slice(0, first)].map(address => [address, port] as const)
  }
}

async function fixedPorts({ fixed = new Map(), address, nodeAddresses, dial, log }: LoopbackOptions) {
  const out: { asked: number; port: number; forwarding: Forwarding }[] = []
  for (const [asked, target] of fixed) {
    const tries = [asked, ...Array.from({ length: ELSEWHERE_TRIES }, (_, i) => asked + ELSEWHERE + i)]
    let failure: NodeJS.ErrnoException | undefined
    for (const port of tries) {
      try {
        const forwarding = await forwardTcp(address, port, () => [[nodeAddresses[0]!, target]], dial)
        if (port !== asked) log(`port ${asked} of ${address} is taken (${reasonOf(failure!)}); ${port} is used instead`)
        out.push({ asked, port, forwarding })
        failure = undefined
        break
      } catch (error) {
        failure ??= error as NodeJS.ErrnoException
      }
    }
    if (failure) log(`port ${asked} cannot be reached at ${address}: ${reasonOf(failure)}`)
  }
  return out
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'EADDRINUSE') return 'another program listens there'
  return code === 'EACCES' ? 'this user may not listen there' : message
}
