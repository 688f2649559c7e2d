import { StatusError } from '../../apimachinery/errors.ts'
import { own } from '../../apimachinery/own.ts'
import type { ApiServer } from '../apiserver.ts'
import { DUMPS, dump } from '../flowcontrol/dump.ts'
import { openapiV2, openapiV3 } from '../openapi/openapi.ts'
import type { UserInfo } from '../request.ts'
import type { Exchange } from '../server/exchange.ts'
import { CONTENT_TYPES } from './negotiate.ts'

type Handler = (server: ApiServer, exchange: Exchange) => void | Promise<void>

const CHECKS = ['ping', 'log', 'etcd', 'informer-sync']

/** Paths that are no resources. */
const PATHS: Record<string, Handler> = {
  '/': (server, exchange) => json(exchange, { paths: pathsOf(server) }),
  '/version': (server, exchange) => json(exchange, server.version),
  '/healthz': health,
  '/livez': health,
  '/readyz': health,
  '/metrics': async (server, exchange) => {
    server.metrics.objects.reset()
    for (const resource of server.resources) {
      if (!resource.conversion) server.metrics.objects.set({ resource: nameOf(resource.kind) }, resource.cacher.size)
    }
    exchange.respond(200, 'text/plain; version=0.0.4; charset=utf-8', await server.metrics.text())
  },
  '/metrics/slis': slis,
  '/api': (server, exchange) => discovery(server, exchange, 'api'),
  '/apis': (server, exchange) => discovery(server, exchange, 'apis'),
  '/openapi/v2': openapiV2,
  '/openapi/v3': openapiV3,
  '/.well-known/openid-configuration': (server, exchange) =>
    json(exchange, {
      issuer: server.tokens.issuer,
      jwks_uri: `${server.tokens.issuer}/openid/v1/jwks`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
    }),
  '/openid/v1/jwks': (server, exchange) => json(exchange, server.tokens.jwks(), 'application/jwk-set+json'),
}

/** Answers a request to a path that is no resource's. */
export async function handleOther(server: ApiServer, exchange: Exchange, _user: UserInfo): Promise<void> {
  const path = exchange.path.length > 1 ? exchange.path.replace(/\/+$/, '') : exchange.path
  const handler = own(PATHS, path) ?? prefixed(path)
  if (!handler) {
    exchange.respond(404, 'text/plain; charset=utf-8', '404 page not found\n')
    return
  }
  if (exchange.method !== 'GET' && exchange.method !== 'HEAD') {
    throw new StatusError(405, 'MethodNotAllowed', `the server does not allow this method on the requested resource`)
  }
  await handler(server, exchange)
}

function prefixed(path: string): Handler | undefined {
  if (/^\/(healthz|livez|readyz)\//.test(path)) return health
  if (path.startsWith('/openapi/v3/')) return openapiV3
  if (path.startsWith(DUMPS)) return dumpFlow
  const [, root, group, version, ...rest] = path.split('/')
  if (rest.length > 0) return undefined
  if (root === 'api' && group && !version)
    return (server, exchange) => found(exchange, server.discovery.resourceList('', group))
  if (root !== 'apis' || !group) return undefined
  return (server, exchange) =>
    found(exchange, version ? server.discovery.resourceList(group, version) : server.discovery.group(group))
}

function dumpFlow(server: ApiServer, exchange: Exchange): void {
  const text = dump(server.flow, exchange.path.slice(DUMPS.length))
  if (text === undefined) exchange.respond(404, 'text/plain; charset=utf-8', '404 page not found\n')
  else exchange.respond(200, 'text/plain; charset=utf-8', text)
}

function discovery(server: ApiServer, exchange: Exchange, root: 'api' | 'apis'): void {
  const version = aggregatedVersion(String(exchange.headers.accept ?? ''))
  exchange.setHeader('vary', 'Accept')
  if (version) {
    const type = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`
    exchange.respond(200, type, server.discovery.aggregated(root, version))
  } else if (root === 'apis') json(exchange, server.discovery.groupList())
  else
    json(exchange, server.discovery.coreVersions(String(exchange.headers.host ?? exchange.headers[':authority'] ?? '')))
}

/** Which aggregated form the client prefers over the old one, if any. */
function aggregatedVersion(accept: string): string | undefined {
  for (const part of accept.split(',')) {
    const params = part.split(';').map(s => s.trim())
    if (params.includes('as=APIGroupDiscoveryList') && params.includes('g=apidiscovery.k8s.io')) {
      const version = params.find(p => p.startsWith('v='))?.slice(2)
      if (version === 'v2' || version === 'v2beta1') return version
    } else if (params[0] === 'application/json') return undefined
  }
  return undefined
}

/** What `endpoint` checks; a server that shuts down is no longer ready. */
const checksOf = (endpoint: string): readonly string[] => (endpoint === 'readyz' ? [...CHECKS, 'shutdown'] : CHECKS)

function health({ draining }: ApiServer, exchange: Exchange): void {
  const [, endpoint = '', single] = exchange.path.split('/')
  const all = checksOf(endpoint)
  if (single && !all.includes(single)) {
    exchange.respond(404, 'text/plain; charset=utf-8', '404 page not found\n')
    return
  }
  const fails = (check: string) => check === 'shutdown' && draining.aborted
  const excluded = exchange.query.all('exclude')
  const checks = (single ? [single] : all).filter(check => !excluded.includes(check))
  const failed = checks.some(fails)
  const lines = checks.map(check => (fails(check) ? `[-]${check} failed: reason withheld\n` : `[+]${check} ok\n`))
  const text = `${lines.join('')}${endpoint} check ${failed ? 'failed' : 'passed'}\n`
  const verbose = exchange.query.has('verbose') && !single
  if (single && failed)
    exchange.respond(500, 'text/plain; charset=utf-8', 'internal server error: process is shutting down\n')
  else exchange.respond(failed ? 500 : 200, 'text/plain; charset=utf-8', failed || verbose ? text : 'ok')
}

/** How each check stands now, as component-base's metrics/slis has it. */
function slis({ draining }: ApiServer, exchange: Exchange): void {
  const series = ['healthz', 'livez', 'readyz'].flatMap(type =>
    checksOf(type).map(check => {
      const well = check === 'shutdown' && draining.aborted ? 0 : 1
      return `kubernetes_healthcheck{name="${check}",type="${type}"} ${well}\n`
    }),
  )
  const head = '# HELP kubernetes_healthcheck Whether a check passes now.\n# TYPE kubernetes_healthcheck gauge\n'
  exchange.respond(200, 'text/plain; version=0.0.4; charset=utf-8', head + series.join(''))
}

function pathsOf(server: ApiServer): string[] {
  const groups = server.discovery
    .groups()
    .flatMap(({ name, versions }) =>
      name === '' ? ['/api/v1'] : [`/apis/${name}`, ...versions.map(v => `/apis/${name}/${v.version}`)],
    )
  const checks = ['healthz', 'livez', 'readyz'].flatMap(e => checksOf(e).map(c => `/${e}/${c}`))
  return [...new Set([...groups, ...Object.keys(PATHS).filter(p => p !== '/'), ...checks])].sort()
}

function found(exchange: Exchange, value: object | undefined): void {
  if (value) json(exchange, value)
  else exchange.respond(404, 'text/plain; charset=utf-8', '404 page not found\n')
}

function json(exchange: Exchange, value: unknown, type = CONTENT_TYPES.json): void {
  exchange.respond(200, type, JSON.stringify(value))
}

const nameOf = ({ group, plural }: { group: string; plural: string }) => (group ? `${plural}.${group}` : plural)
