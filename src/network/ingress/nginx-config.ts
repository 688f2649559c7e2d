import type { Location, VirtualHost } from './model.ts'

export interface NginxPaths {
  /** Folder of its files. */
  readonly dir: string
  /** Where a host's certificate and key lie (`.crt`, `.key`), without the ending. */
  certificate(host: VirtualHost): string
}

export interface NginxAddresses {
  readonly listen: string
  readonly httpPort: number
  readonly httpsPort: number
  /** Name server for backends given by name. */
  readonly resolver: string
}

/** The whole configuration of the nginx that serves the ingresses. */
export function nginxConfig(hosts: readonly VirtualHost[], paths: NginxPaths, addresses: NginxAddresses): string {
  const sorted = [...hosts].sort((a, b) => (a.host < b.host ? -1 : 1))
  const named = sorted.filter(h => h.host !== '')
  const fallback = sorted.find(h => h.host === '') ?? { host: '', locations: [], redirect: false }
  return `# Made from the cluster's Ingress objects; changes here are overwritten.
daemon off;
worker_processes 2;
pid ${paths.dir}/nginx.pid;
error_log ${paths.dir}/error.log warn;
events { worker_connections 4096; }
http {
  access_log off;
  default_type text/plain;
  server_tokens off;
  client_body_temp_path ${paths.dir}/body;
  proxy_temp_path ${paths.dir}/proxy;
  fastcgi_temp_path ${paths.dir}/fastcgi;
  uwsgi_temp_path ${paths.dir}/uwsgi;
  scgi_temp_path ${paths.dir}/scgi;
  server_names_hash_bucket_size 128;
  client_max_body_size 1m;
  keepalive_timeout 75s;
  resolver ${addresses.resolver} valid=5s ipv6=off;
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  map $http_x_forwarded_proto $forwarded_proto { default $http_x_forwarded_proto; '' $scheme; }
${server(fallback, paths, addresses, true)}${named.map(host => server(host, paths, addresses, false)).join('')}}
`
}

function server(
  host: VirtualHost,
  paths: NginxPaths,
  { listen, httpPort, httpsPort }: NginxAddresses,
  isDefault: boolean,
): string {
  const suffix = isDefault ? ' default_server' : ''
  const certificate = paths.certificate(host)
  const redirect = host.redirect ? '    if ($scheme = http) { return 308 https://$host$request_uri; }\n' : ''
  const root = host.locations.some(l => l.path === '/' && l.match !== 'exact') ? '' : '    location / { return 404; }\n'
  return `  server {
    server_name ${isDefault ? '_' : host.host.startsWith('*.') ? `~^[^.]+${escapeRegex(host.host.slice(1))}$` : host.host};
    listen ${listen}:${httpPort}${suffix};
    listen ${listen}:${httpsPort} ssl${suffix};
    ssl_certificate ${certificate}.crt;
    ssl_certificate_key ${certificate}.key;
${redirect}${sortLocations(host.locations).map(location).join('')}${root}  }
`
}

/** Regular expressions are tried in order: the longest first. */
function sortLocations(locations: readonly Location[]): Location[] {
  return [...locations].sort((a, b) => b.path.length - a.path.length)
}

function location(entry: Location): string {
  return patternsOf(entry)
    .map(pattern => `    location ${pattern} {\n${body(entry)}    }\n`)
    .join('')
}

function patternsOf({ path, match }: Location): string[] {
  if (match === 'exact') return [`= ${quote(path)}`]
  if (match === 'regex') return [`~* ${quote(`^${path}`)}`]
  if (path === '/') return ['/']
  const base = path.replace(/\/+$/, '')
  // A prefix counts whole path elements: /foo is no prefix of /foobar.
  return [`= ${quote(base)}`, quote(`${base}/`)]
}

function body({ backend, rewrite, path, match, annotations }: Location): string {
  if (!backend) return '      return 503;\n'
  const lines = [
    // Before the rewrite: its `break` also ends the settings of variables.
    `set $backend "${backend.protocol}://${backend.host}:${backend.port}";`,
    rewrite !== undefined
      ? `rewrite ${quote(match === 'regex' ? `(?i)${path}` : `^${path}`)} ${quote(rewrite)} break;`
      : '',
    annotations['proxy-body-size'] ? `client_max_body_size ${word(annotations['proxy-body-size'])};` : '',
    `proxy_connect_timeout ${seconds(annotations['proxy-connect-timeout'], 5)};`,
    `proxy_read_timeout ${seconds(annotations['proxy-read-timeout'], 60)};`,
    `proxy_send_timeout ${seconds(annotations['proxy-send-timeout'], 60)};`,
    'proxy_http_version 1.1;',
    'proxy_set_header Host $http_host;',
    'proxy_set_header Upgrade $http_upgrade;',
    'proxy_set_header Connection $connection_upgrade;',
    'proxy_set_header X-Request-ID $request_id;',
    'proxy_set_header X-Real-IP $remote_addr;',
    'proxy_set_header X-Forwarded-For $remote_addr;',
    'proxy_set_header X-Forwarded-Host $http_host;',
    'proxy_set_header X-Forwarded-Port $server_port;',
    'proxy_set_header X-Forwarded-Proto $forwarded_proto;',
    'proxy_set_header X-Forwarded-Scheme $forwarded_proto;',
    'proxy_set_header X-Scheme $forwarded_proto;',
    'proxy_next_upstream error timeout;',
    'proxy_pass $backend;',
  ]
  return lines
    .filter(Boolean)
    .map(line => `      ${line}\n`)
    .join('')
}

const seconds = (text: string | undefined, otherwise: number) => `${/^\d+$/.test(text ?? '') ? text : otherwise}s`
const word = (text: string) => text.replace(/[^\w.]/g, '')
const escapeRegex = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** A string nginx takes as one word; what could end it is taken out. */
function quote(text: string): string {
  return `"${text
    .replace(/\\(?![\w.$^*+?()[\]{}|/-])/g, '\\\\')
    .replaceAll('"', '\\"')
    .replace(/[\r\n;]/g, '')}"`
}
