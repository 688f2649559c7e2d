import dgram, { type Socket } from 'node:dgram'
import type { Clock, Timer } from '../../apimachinery/clock.ts'

/** Opens a datagram socket inside the cluster's network. */
export type Bind = () => Promise<Socket>

/** A client that has been silent for so long, and to which nothing came, is forgotten. */
const IDLE_MS = 60_000
/** Clients of one port that are kept in mind; the one that came first makes room. */
const MAX_CLIENTS = 1024

export interface Forwarding {
  close(): void
}

export interface UdpForwarding extends Forwarding {
  /** Where it listens. */
  readonly port: number
}

interface Peer {
  readonly socket: Promise<Socket>
  readonly target: readonly [host: string, port: number]
  used: number
  timer: Timer
}

/**
 * Passes datagrams to an address and port of this machine on, and answers back. Each client has a socket of its own inside.
 * Rejects with the system's error when it cannot listen.
 */
export async function forwardUdp(
  address: string,
  port: number,
  target: () => readonly [host: string, port: number],
  bind: Bind,
  clock: Clock,
): Promise<UdpForwarding> {
  const socket = dgram.createSocket(address.includes(':') ? 'udp6' : 'udp4')
  const peers = new Map<string, Peer>()
  let closed = false

  const forget = (key: string) => {
    const peer = peers.get(key)
    if (!peer) return
    peers.delete(key)
    peer.timer.cancel()
    void peer.socket.then(
      s => s.close(),
      () => {},
    )
  }
  const watch = (key: string, ms: number): Timer =>
    clock.timer(ms, () => {
      const peer = peers.get(key)
      const left = peer ? peer.used + IDLE_MS - clock.now() : 0
      if (peer && left > 0) peer.timer = watch(key, left)
      else forget(key)
    })
  const admit = (key: string, clientPort: number, clientAddress: string): Peer => {
    if (peers.size >= MAX_CLIENTS) forget(peers.keys().next().value!)
    const peer: Peer = { socket: bind(), target: target(), used: clock.now(), timer: watch(key, IDLE_MS) }
    peers.set(key, peer)
    peer.socket.then(
      inside => {
        inside.on('error', () => forget(key))
        inside.on('message', reply => {
          peer.used = clock.now()
          if (!closed) socket.send(reply, clientPort, clientAddress, () => {})
        })
      },
      () => forget(key),
    )
    return peer
  }

  socket.on('message', (datagram, { address: from, port: fromPort }) => {
    const key = `${from} ${fromPort}`
    const peer = peers.get(key) ?? admit(key, fromPort, from)
    peer.used = clock.now()
    const [host, toPort] = peer.target
    peer.socket.then(
      inside => peers.get(key) === peer && inside.send(datagram, toPort, host, () => {}),
      () => {},
    )
  })
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.bind(port, address, resolve)
    })
  } catch (error) {
    socket.close()
    throw error
  }
  socket.on('error', () => {})
  return {
    port: socket.address().port,
    close() {
      if (closed) return
      closed = true
      for (const key of [...peers.keys()]) forget(key)
      socket.close()
    },
  }
}
