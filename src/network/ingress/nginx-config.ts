import { createHash } from 'node:crypto'
import type { Cors } from './annotations.ts'
import type { Backend } from './backend.ts'
import type { Location, VirtualHost } from './model.ts'
import { literal, word } from './nginx-words.ts'

export interface NginxFiles {
  /** Folder of its files. */
  readonly dir: string
  /** Certificate and key of a host, without their endings `.crt` and `.key`. */
  certificate(host: VirtualHost): string
  /** The users of a Secret (`namespace/name`) for basic authentication; undefined when there is no such Secret. */
  users(secret: string): string | undefined
}

export interface NginxAddresses {
  readonly listen: string
  readonly httpPort: number
  readonly httpsPort: number
  /** Name server for backends given by name. */
  readonly resolver: string
}

/** A Service's address, so often: when one of its pods refuses a connection, the next attempt meets another pod. */
const ATTEMPTS = 3

/** The whole configuration of the nginx that serves the ingresses. */
export function nginxConfig(hosts: readonly VirtualHost[], files: NginxFiles, addresses: NginxAddresses): string {
  const sorted = [...hosts].sort((a, b) => (a.host < b.host ? -1 : 1))
  const others = sorted.find(h => h.host === '') ?? { host: '', locations: [] }
  const servers = [others, ...sorted.filter(h => h.host !== '')].map(host => server(host, files, addresses))
  const locations = sorted.flatMap(h => h.locations)
  const path = (name: string) => word(`${files.dir}/${name}`)
  return `# Made from the cluster's Ingress objects; changes here are overwritten.
daemon off;
worker_processes 2;
worker_shutdown_timeout 240s;
pid ${path('nginx.pid')};
error_log ${path('error.log')} warn;
events { worker_connections 4096; }
http {
  access_log off;
  default_type text/plain;
  server_tokens off;
  client_body_temp_path ${path('body')};
  proxy_temp_path ${path('proxy')};
  fastcgi_temp_path ${path('fastcgi')};
  uwsgi_temp_path ${path('uwsgi')};
  scgi_temp_path ${path('scgi')};
  server_names_hash_max_size 4096;
  server_names_hash_bucket_size 512;
  client_max_body_size 1m;
  keepalive_timeout 75s;
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_session_cache shared:ssl:10m;
  resolver ${addresses.resolver} valid=5s ipv6=off;
  map $http_upgrade $connection_upgrade { default upgrade; '' close; }
  map $http_host $best_http_host { default $http_host; '' $host; }
${corsMaps(locations)}${upstreams(locations)}${servers.join('')}}
`
}

function upstreams(locations: readonly Location[]): string {
  const backends = new Map(locations.flatMap(({ backend: b }) => (b && !b.external ? [[b.name, b] as const] : [])))
  return [...backends.values()].map(upstream).join('')
}

function upstream({ name, servers }: Backend): string {
  const all = servers.length === 1 ? Array.from({ length: ATTEMPTS }, () => servers[0]) : servers
  return `  upstream ${word(name)} {\n${all.map(s => `    server ${s} max_fails=0;\n`).join('')}  }\n`
}

function server(host: VirtualHost, files: NginxFiles, { listen, httpPort, httpsPort }: NginxAddresses): string {
  const isDefault = host.host === ''
  const suffix = isDefault ? ' default_server' : ''
  const certificate = files.certificate(host)
  const hasRoot = host.locations.some(l => l.path === '/' && l.match === 'prefix')
  return `  server {
    server_name ${isDefault ? '_' : serverName(host.host)};
    listen ${listen}:${httpPort}${suffix};
    listen ${listen}:${httpsPort} ssl http2${suffix};
    ssl_certificate ${word(`${certificate}.crt`)};
    ssl_certificate_key ${word(`${certificate}.key`)};
${appRoot(host)}${locationsOf(host, files)}${hasRoot ? '' : '    location / { return 404; }\n'}  }
`
}

/** A wildcard of an Ingress is exactly one label; that of nginx would be any number. */
const serverName = (host: string) => (host.startsWith('*.') ? word(`~^[^.]+${literal(host.slice(1))}$`) : word(host))

function appRoot({ locations }: VirtualHost): string {
  const target = locations.find(l => l.settings.appRoot)?.settings.appRoot
  return target ? `    if ($uri = /) { return 302 $scheme://$best_http_host${target}; }\n` : ''
}

function locationsOf({ locations }: VirtualHost, files: NginxFiles): string {
  const regexes = locations.some(l => l.match === 'regex')
  const exact = new Set(locations.filter(l => l.match === 'exact').map(l => l.path))
  // nginx tries regular expressions in the order they are in: the longest first.
  return [...locations]
    .sort((a, b) => b.path.length - a.path.length || (a.path < b.path ? -1 : 1))
    .flatMap(entry =>
      patternsOf(entry, regexes, exact).map(pattern => `    location ${pattern} {\n${body(entry, files)}    }\n`),
    )
    .join('')
}

/**
 * `regexes`: the host has regular expressions, which nginx prefers to all prefixes; prefixes must then be some too to be
 * weighed by their length.
 */
function patternsOf({ path, match }: Location, regexes: boolean, exact: ReadonlySet<string>): string[] {
  if (match === 'exact') return [`= ${word(path)}`]
  if (match === 'regex') return [`~* ${word(`^${path}`)}`]
  if (path === '/') return ['/']
  // A prefix counts whole path elements: /foo is no prefix of /foobar.
  if (regexes) return [`~ ${word(`^${literal(path)}(?:/|$)`)}`]
  const below = word(`${path}/`)
  return exact.has(path) ? [below] : [`= ${word(path)}`, below]
}

function body(entry: Location, files: NginxFiles): string {
  const { settings, backend, redirectToHttps } = entry
  const lines: string[] = []
  if (redirectToHttps) lines.push('if ($scheme = http) { return 308 https://$host$request_uri; }')
  if (settings.redirect) lines.push(`return ${settings.redirect.code} ${word(settings.redirect.url)};`)
  else if (!backend) lines.push('return 503;')
  else lines.push(...access(entry, files), ...cors(settings.cors), ...proxied(entry, backend))
  return lines.map(line => `      ${line}\n`).join('')
}

function access({ settings: { allow, deny, basicAuth } }: Location, files: NginxFiles): string[] {
  const out = (deny ?? []).map(range => `deny ${range};`)
  if (allow) out.push(...allow.map(range => `allow ${range};`), 'deny all;')
  if (!basicAuth) return out
  const users = files.users(basicAuth.secret)
  if (!users) return ['return 503;']
  return [...out, `auth_basic ${word(basicAuth.realm)};`, `auth_basic_user_file ${word(users)};`]
}

function proxied({ settings, match, path }: Location, backend: Backend): string[] {
  const { external } = backend
  const { rewrite, protocol, bodySize } = settings
  const grpc = protocol.startsWith('grpc')
  const module = grpc ? 'grpc' : 'proxy'
  const header = (name: string, value: string) => `${module}_set_header ${name} ${value};`
  const out = [
    // Before the rewrite: its `break` also ends the settings of variables.
    external ? `set $backend ${word(`${external.host}:${external.port}`)};` : '',
    rewrite === undefined ? '' : `rewrite ${word(rewritten(match, path))} ${word(rewrite)} break;`,
    bodySize ? `client_max_body_size ${bodySize};` : '',
    `${module}_connect_timeout ${settings.connectTimeout}s;`,
    `${module}_read_timeout ${settings.readTimeout}s;`,
    `${module}_send_timeout ${settings.sendTimeout}s;`,
    header('Host', settings.upstreamHost ? word(settings.upstreamHost) : '$best_http_host'),
    header('X-Request-ID', '$request_id'),
    header('X-Real-IP', '$remote_addr'),
    header('X-Forwarded-For', '$remote_addr'),
    header('X-Forwarded-Host', '$best_http_host'),
    header('X-Forwarded-Port', '$server_port'),
    header('X-Forwarded-Proto', '$scheme'),
    header('X-Forwarded-Scheme', '$scheme'),
    header('X-Scheme', '$scheme'),
    `${module}_next_upstream error timeout;`,
    `${module}_next_upstream_tries ${ATTEMPTS};`,
  ]
  if (!grpc) {
    out.push('proxy_http_version 1.1;', header('Upgrade', '$http_upgrade'), header('Connection', '$connection_upgrade'))
    if (protocol === 'https') out.push('proxy_ssl_server_name on;', 'proxy_ssl_name $host;')
  }
  out.push(`${module}_pass ${protocol}://${external ? '$backend' : backend.name};`)
  return out.filter(Boolean)
}

const rewritten = (match: Location['match'], path: string) =>
  match === 'regex' ? `(?i)^${path}` : `^${literal(path)}${match === 'exact' ? '$' : ''}`

/** The origin to allow, by the client's, for each list of origins in use. */
function corsMaps(locations: readonly Location[]): string {
  const lists = new Map(locations.flatMap(({ settings: { cors } }) => (cors ? [[originVariable(cors), cors]] : [])))
  return [...lists]
    .map(([variable, { origins }]) => {
      const entries = origins.map(origin => (origin === '*' ? 'default *;' : `${word(origin)} $http_origin;`))
      return `  map $http_origin ${variable} { ${origins.includes('*') ? '' : "default ''; "}${entries.join(' ')} }\n`
    })
    .join('')
}

const originVariable = ({ origins }: Cors) =>
  `$cors_${createHash('sha256').update(origins.join(' ')).digest('hex').slice(0, 12)}`

function cors(settings: Cors | undefined): string[] {
  if (!settings) return []
  const headers = [
    `add_header Access-Control-Allow-Origin ${originVariable(settings)} always;`,
    settings.credentials ? 'add_header Access-Control-Allow-Credentials true always;' : '',
    `add_header Access-Control-Allow-Methods ${word(settings.methods)} always;`,
    `add_header Access-Control-Allow-Headers ${word(settings.headers)} always;`,
  ].filter(Boolean)
  const preflight = [...headers, `add_header Access-Control-Max-Age ${settings.maxAge};`, 'return 204;']
  return [...headers, `if ($request_method = OPTIONS) { ${preflight.join(' ')} }`]
}
