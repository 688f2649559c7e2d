import http, { type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import tls, { type TLSSocket } from 'node:tls'
import { node as nodeKind } from '../../api/core/node.ts'
import { badRequest, notFound, StatusError, serviceUnavailable } from '../../apimachinery/errors.ts'
import type { ApiServer } from '../apiserver.ts'
import { kubeletAddress } from '../node-dialer.ts'

/** An authenticated connection to the kubelet of a node. Throws StatusError. */
export async function dialKubelet(server: ApiServer, nodeName: string): Promise<TLSSocket> {
  const entry = server.resources.of(nodeKind).cacher.get(nodeName)
  if (!entry) throw notFound(nodeKind, nodeName)
  const { host, port } = kubeletAddress(entry.object)
  const { kubelet } = server.nodes
  if (!kubelet) throw serviceUnavailable(`this server has no way to the kubelet of node ${JSON.stringify(nodeName)}`)
  const socket = await server.nodes.dial(host, port).catch(error => {
    throw new StatusError(
      502,
      'InternalError',
      `error dialing the kubelet of node ${nodeName} at ${host}:${port}: ${error.message}`,
    )
  })
  const { certificate: cert, key, ca } = kubelet
  return new Promise((resolve, reject) => {
    const secure = tls.connect({ socket, cert, key, ca, host, servername: '' }, () => resolve(secure))
    secure.once('error', error =>
      reject(new StatusError(502, 'InternalError', `error dialing the kubelet of node ${nodeName}: ${error.message}`)),
    )
  })
}

/** One request over a connection made for it. Resolves with the answer's head. */
export function requestOver(
  connection: Duplex,
  options: { method: string; path: string; headers?: http.OutgoingHttpHeaders; body?: Buffer; signal?: AbortSignal },
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { body, ...rest } = options
    const request = http.request({ ...rest, createConnection: () => connection as TLSSocket })
    request.on('response', resolve)
    request.on('error', error => reject(badRequest(`error trying to reach service: ${error.message}`)))
    request.end(body)
  })
}
