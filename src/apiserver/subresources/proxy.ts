import http, { type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import tls from 'node:tls'
import { node as nodeKind } from '../../api/core/node.ts'
import { pod as podKind } from '../../api/core/pod.ts'
import { service as serviceKind } from '../../api/core/service.ts'
import { badRequest, notFound, serviceUnavailable } from '../../apimachinery/errors.ts'
import type { Kind } from '../../apimachinery/schema/kind.ts'
import { MAX_BODY_BYTES } from '../endpoints/handlers/scope.ts'
import type { RequestInfo } from '../endpoints/request-info.ts'
import type { Exchange } from '../server/exchange.ts'
import { isProxyable } from '../webhook/proxyable.ts'
import { serviceEndpoint } from '../webhook/service-endpoint.ts'
import { dialKubelet } from './kubelet.ts'
import { sendThrough } from './relay-response.ts'
import { relayUpgrade } from './relay-upgrade.ts'
import type { ConnectSubresource, Target } from './subresource.ts'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']
const NOT_PASSED_ON =
  /^(:|host$|authorization$|connection$|content-length$|transfer-encoding$|accept-encoding$|impersonate-)/

/** How to reach what a proxy request names. */
type Dial = (target: Target) => Promise<Duplex>

function proxy(kind: string, dial: Dial): ConnectSubresource {
  return {
    name: 'proxy',
    kind: { group: '', version: 'v1', kind } as unknown as Kind,
    methods: METHODS,
    connect: async (target, exchange, info) => pass(await dial(target), exchange, info),
    async upgrade(target, request, socket, head, info) {
      relayUpgrade(request, socket, head, await dial(target), pathOf(info, (request.url ?? '').split('?')[1]))
    },
  }
}

async function pass(connection: Duplex, exchange: Exchange, info: RequestInfo): Promise<void> {
  const body = exchange.method === 'GET' || exchange.method === 'HEAD' ? undefined : await exchange.body(MAX_BODY_BYTES)
  const headers: http.OutgoingHttpHeaders = { host: 'proxy' }
  for (const [name, value] of Object.entries(exchange.headers)) if (!NOT_PASSED_ON.test(name)) headers[name] = value
  headers['x-forwarded-uri'] = exchange.path
  const response = await answer(connection, {
    method: exchange.method,
    path: pathOf(info, exchange.query.search),
    headers,
    body,
  })
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined && !/^(connection|transfer-encoding|content-type|content-length|keep-alive)$/.test(name))
      exchange.setHeader(name, value)
  }
  const { location } = response.headers
  if (location?.startsWith('/')) exchange.setHeader('location', prefixOf(exchange.path, info) + location)
  await sendThrough(response, exchange, connection, response.headers['content-type'] ?? 'application/octet-stream')
}

function answer(
  connection: Duplex,
  { body, ...options }: { method: string; path: string; headers: http.OutgoingHttpHeaders; body?: Buffer },
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = http.request({ ...options, createConnection: () => connection as never })
    request.on('response', resolve)
    request.on('error', error => reject(serviceUnavailable(`error trying to reach service: ${error.message}`)))
    request.end(body)
  })
}

const pathOf = ({ rest }: RequestInfo, search: string | undefined) => `/${rest}${search ? `?${search}` : ''}`
const prefixOf = (path: string, { rest }: RequestInfo) =>
  rest ? path.slice(0, path.length - rest.length - 1) : path.replace(/\/$/, '')

/** `https:name:port`, `name:port`, `name`. */
function parseTarget(text: string): { scheme: string; name: string; port: string } {
  const parts = text.split(':')
  if (parts.length === 3) return { scheme: parts[0]!, name: parts[1]!, port: parts[2]! }
  return { scheme: '', name: parts[0]!, port: parts[1] ?? '' }
}

/** Whoever may write where a pod or node is must not be able to lead us to this machine's own ports (CVE-2020-8562). */
function mustBeProxyable(address: string): void {
  if (!isProxyable(address)) throw badRequest('address not allowed')
}

async function connectTo({ server }: Target, host: string, port: number, scheme: string): Promise<Duplex> {
  const socket = await server.nodes.dial(host, port).catch(error => {
    throw serviceUnavailable(`error trying to reach service: ${error.message}`)
  })
  return scheme === 'https' ? tls.connect({ socket, rejectUnauthorized: false }) : socket
}

/** A pod's port; the first declared one, or 80. */
export const podProxy = proxy('PodProxyOptions', async target => {
  const { scheme, name, port } = parseTarget(target.name)
  const pod = target.server.resources.of(podKind).cacher.get(`${target.namespace}/${name}`)?.object
  if (!pod) throw notFound(podKind, name)
  if (!pod.status?.podIP) throw badRequest(`address not allowed: pod ${name} has no address yet`)
  mustBeProxyable(pod.status.podIP)
  const declared = pod.spec.containers.flatMap(c => c.ports ?? [])
  const number = Number(port) || declared.find(p => p.name === port)?.containerPort || declared[0]?.containerPort || 80
  return connectTo(target, pod.status.podIP, number, scheme)
})

/** One of a service's ready endpoints, any of them. */
export const serviceProxy = proxy('ServiceProxyOptions', async target => {
  const { scheme, name, port } = parseTarget(target.name)
  const { server, namespace } = target
  if (!server.resources.of(serviceKind).cacher.get(`${namespace}/${name}`)) throw notFound(serviceKind, name)
  const { host, port: number } = serviceEndpoint(server, namespace, name, port)
  mustBeProxyable(host)
  return connectTo(target, host, number, scheme)
})

/** The node's kubelet. */
export const nodeProxy = proxy('NodeProxyOptions', async target => {
  const { name } = parseTarget(target.name)
  const node = target.server.resources.of(nodeKind).cacher.get(name)?.object
  const address = node?.status.addresses?.find(({ type }) => type === 'InternalIP')?.address
  if (address) mustBeProxyable(address)
  return dialKubelet(target.server, name)
})
