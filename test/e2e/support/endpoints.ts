import type dgram from 'node:dgram'
import type net from 'node:net'
import { type Netns, openNetns } from '../../../src/cluster/local-node/netns-helper.ts'
import type { LocalNode } from '../../../src/cluster/local-node/node.ts'
import type { CriClient } from '../../../src/kubelet/cri/client.ts'
import type { TestPod } from './pods.ts'

/** A pod whose sockets are the test's: it says its name to whoever connects, and the client's address as it sees it. */
export interface NamedPod {
  name: string
  ip: string
  pod: TestPod
  netns: Netns
  /** What a TCP connection from here says, or its error's code. */
  ask(host: string, port: number): Promise<string>
  close(): void
}

export const TCP_PORT = 8080
export const UDP_PORT = 5353

/** Puts a TCP server and a UDP server with the test's sockets into a pod. */
export async function nameServerIn(name: string, pod: TestPod, node: LocalNode, cri: CriClient): Promise<NamedPod> {
  const { info } = (await cri.runtime.podSandboxStatus({
    podSandboxId: pod.podSandboxId,
    verbose: true,
  })) as unknown as { info: Record<string, string> }
  const { pid } = JSON.parse(info.info!) as { pid: number }
  const netns = openNetns(`/proc/${node.pid}/root/proc/${pid}/ns/net`)
  const tcp = await netns.listen(pod.ip, TCP_PORT)
  tcp.on('connection', (socket: net.Socket) => {
    socket.on('error', () => {})
    socket.end(`${name} ${socket.remoteAddress}`)
  })
  const udp = await netns.bind(pod.ip, UDP_PORT)
  udp.on('message', (_, peer) => udp.send(name, peer.port, peer.address))
  return {
    name,
    ip: pod.ip,
    pod,
    netns,
    ask: (host, port) => ask(netns, host, port),
    close() {
      tcp.close()
      udp.close()
      netns.close()
    },
  }
}

const PATIENCE_MS = 1500

/** What a server says that is reached from a namespace, or the code of the error. */
export async function ask(netns: Netns, host: string, port: number): Promise<string> {
  try {
    const socket = await netns.connect(host, port, { signal: AbortSignal.timeout(PATIENCE_MS) })
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error('silent')))
    let text = ''
    for await (const chunk of socket) text += chunk
    return text
  } catch (error) {
    const { code, name } = error as NodeJS.ErrnoException
    return typeof code === 'string' ? code : name
  }
}

/** Sends one datagram from a socket and resolves to what comes back; undefined after `patience` milliseconds. */
export function exchange(
  socket: dgram.Socket,
  host: string,
  port: number,
  patience = 1000,
): Promise<string | undefined> {
  return new Promise(resolve => {
    const finish = (text: string | undefined) => {
      clearTimeout(timer)
      socket.off('message', onMessage)
      resolve(text)
    }
    const onMessage = (message: Buffer) => finish(message.toString())
    const timer = setTimeout(() => finish(undefined), patience)
    socket.on('message', onMessage)
    socket.send('?', port, host, () => {})
  })
}
