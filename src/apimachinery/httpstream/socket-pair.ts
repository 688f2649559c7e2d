import { once } from 'node:events'
import net from 'node:net'

/** Two ends of one TCP connection on loopback, for tests. */
export async function socketPair(): Promise<[net.Socket, net.Socket]> {
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  const accepted = once(server, 'connection')
  const client = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
  const [socket] = await accepted
  server.close()
  return [client, socket]
}
