import net from 'node:net'
import type { Ingress } from '../../api/networking/ingress.ts'

/** What an Ingress's annotations ask for, of those that ingress-nginx knows. */
export interface Settings {
  /** What the path becomes; $1, $2 stand for the groups of a regular expression. */
  readonly rewrite?: string
  /** Paths that are not Exact are regular expressions. */
  readonly regex: boolean
  readonly sslRedirect: boolean
  readonly forceSslRedirect: boolean
  /** As nginx writes sizes: 8m, 0 for no limit. */
  readonly bodySize?: string
  /** Seconds. */
  readonly connectTimeout: number
  readonly readTimeout: number
  readonly sendTimeout: number
  readonly protocol: 'http' | 'https' | 'grpc' | 'grpcs'
  /** Where requests to / are sent. */
  readonly appRoot?: string
  readonly redirect?: { readonly code: number; readonly url: string }
  /** Ranges of clients; all others are denied. */
  readonly allow?: readonly string[]
  readonly deny?: readonly string[]
  /** Host that the backend is told, instead of the client's. */
  readonly upstreamHost?: string
  readonly cors?: Cors
  readonly basicAuth?: { readonly secret: string; readonly realm: string }
}

export interface Cors {
  /** `*`, or origins as https://example.com. */
  readonly origins: readonly string[]
  readonly methods: string
  readonly headers: string
  readonly credentials: boolean
  readonly maxAge: number
}

const PREFIX = 'nginx.ingress.kubernetes.io/'

const SIZE = /^\d+[kKmMgG]?$/
const SECONDS = /^\d{1,6}s?$/
const PATH = /^\/[\w\-./~%+@:,=]*$/
const URL = /^(https?:\/)?\/[\w\-./~%+@:,=?&#]+$/
/** Nothing that ends a word of nginx, and no variables but the groups of the path. */
const REWRITE = /^(?:[\w\-./~%+@:,=?&#!*()]|\$\d)+$/
const ORIGIN = /^https?:\/\/[\w\-.]+(:\d+)?$/
const LIST = /^[\w\-*]+(\s*,\s*[\w\-*]+)*$/
const HOST = /^[\w\-.]+(:\d+)?$/
const SECRET = /^([a-z0-9\-.]+\/)?[a-z0-9\-.]+$/
const REALM = /^[\w\-.,:!?()@ ]*$/
const FLAG = /^(true|false)$/
const PROTOCOLS = /^(auto_)?(http|https|grpc|grpcs)$/i

const isRange = (text: string) => {
  const [address = '', bits, ...more] = text.trim().split('/')
  const family = net.isIP(address)
  if (!family || more.length > 0) return false
  return bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
}
const areRanges = (text: string) => text.split(',').every(isRange)
const areOrigins = (text: string) => text.trim() === '*' || text.split(',').every(origin => ORIGIN.test(origin.trim()))

/** The annotations that are heeded, and what their values look like. */
const KNOWN: Record<string, RegExp | ((text: string) => boolean)> = {
  'rewrite-target': REWRITE,
  'use-regex': FLAG,
  'ssl-redirect': FLAG,
  'force-ssl-redirect': FLAG,
  'proxy-body-size': SIZE,
  'proxy-connect-timeout': SECONDS,
  'proxy-read-timeout': SECONDS,
  'proxy-send-timeout': SECONDS,
  'backend-protocol': PROTOCOLS,
  'app-root': PATH,
  'permanent-redirect': URL,
  'permanent-redirect-code': /^30[1278]$/,
  'temporal-redirect': URL,
  'whitelist-source-range': areRanges,
  'allowlist-source-range': areRanges,
  'denylist-source-range': areRanges,
  'upstream-vhost': HOST,
  'enable-cors': FLAG,
  'cors-allow-origin': areOrigins,
  'cors-allow-methods': LIST,
  'cors-allow-headers': LIST,
  'cors-allow-credentials': FLAG,
  'cors-max-age': /^\d+$/,
  'auth-type': /^basic$/,
  'auth-secret': SECRET,
  'auth-secret-type': /^auth-file$/,
  'auth-realm': REALM,
}

const CORS_METHODS = 'GET, PUT, POST, DELETE, PATCH, OPTIONS'
const CORS_HEADERS =
  'DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization'
const CORS_MAX_AGE = 1_728_000

export interface Annotated {
  readonly settings: Settings
  /** Annotations whose values are no good: the Ingress cannot be served as it is meant. */
  readonly invalid: readonly string[]
  /** Annotations that mean something to ingress-nginx but not here. */
  readonly ignored: readonly string[]
}

/** Reads the annotations of an Ingress, `nginx.ingress.kubernetes.io/...`. */
export function annotationsOf({ metadata: { namespace = '', annotations = {} } }: Ingress): Annotated {
  const given = new Map<string, string>()
  const [invalid, ignored]: [string[], string[]] = [[], []]
  for (const [key, value] of Object.entries(annotations)) {
    if (!key.startsWith(PREFIX) || value === '') continue
    const form = KNOWN[key.slice(PREFIX.length)]
    if (!form) ignored.push(key)
    else if (form instanceof RegExp ? !form.test(value) : !form(value)) invalid.push(key)
    else given.set(key.slice(PREFIX.length), value)
  }
  const secret = given.get('auth-secret')
  if (secret?.includes('/') && !secret.startsWith(`${namespace}/`)) invalid.push(`${PREFIX}auth-secret`)
  return { settings: settingsOf(given, namespace), invalid, ignored }
}

function settingsOf(given: ReadonlyMap<string, string>, namespace: string): Settings {
  const rewrite = given.get('rewrite-target')
  const seconds = (key: string, otherwise: number) => Number.parseInt(given.get(key) ?? String(otherwise), 10)
  const permanent = given.get('permanent-redirect')
  const temporal = given.get('temporal-redirect')
  const secret = given.get('auth-secret')
  const protocol = (given.get('backend-protocol') ?? 'http').toLowerCase().replace('auto_', '')
  const allow = given.get('allowlist-source-range') ?? given.get('whitelist-source-range')
  return {
    rewrite,
    regex: given.get('use-regex') === 'true' || rewrite !== undefined,
    sslRedirect: given.get('ssl-redirect') !== 'false',
    forceSslRedirect: given.get('force-ssl-redirect') === 'true',
    bodySize: given.get('proxy-body-size'),
    connectTimeout: seconds('proxy-connect-timeout', 5),
    readTimeout: seconds('proxy-read-timeout', 60),
    sendTimeout: seconds('proxy-send-timeout', 60),
    protocol: protocol as Settings['protocol'],
    appRoot: given.get('app-root'),
    redirect: permanent
      ? { code: Number(given.get('permanent-redirect-code') ?? 301), url: permanent }
      : temporal
        ? { code: 302, url: temporal }
        : undefined,
    allow: allow ? ranges(allow) : undefined,
    deny: given.has('denylist-source-range') ? ranges(given.get('denylist-source-range')!) : undefined,
    upstreamHost: given.get('upstream-vhost'),
    cors: given.get('enable-cors') === 'true' ? corsOf(given) : undefined,
    basicAuth:
      given.get('auth-type') === 'basic' && secret
        ? {
            secret: secret.includes('/') ? secret : `${namespace}/${secret}`,
            realm: given.get('auth-realm') ?? 'Authentication Required',
          }
        : undefined,
  }
}

const ranges = (text: string) => text.split(',').map(range => range.trim())

const corsOf = (given: ReadonlyMap<string, string>): Cors => ({
  origins: (given.get('cors-allow-origin') ?? '*').split(',').map(origin => origin.trim()),
  methods: given.get('cors-allow-methods') ?? CORS_METHODS,
  headers: given.get('cors-allow-headers') ?? CORS_HEADERS,
  credentials: given.get('cors-allow-credentials') !== 'false',
  maxAge: Number(given.get('cors-max-age') ?? CORS_MAX_AGE),
})
