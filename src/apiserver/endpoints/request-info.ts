import { badRequest } from '../../apimachinery/errors.ts'
import { own } from '../../apimachinery/own.ts'
import type { Query } from '../request.ts'

/** What a request asks for, read off its method and path (upstream request.RequestInfo). */
export interface RequestInfo {
  readonly isResourceRequest: boolean
  readonly path: string
  /** get, list, watch, create, update, patch, delete, deletecollection; for other paths the method in lower case. */
  readonly verb: string
  readonly group: string
  readonly version: string
  readonly namespace: string
  readonly resource: string
  readonly subresource: string
  readonly name: string
  /** What follows the subresource, as the path behind `proxy`. Still percent-encoded. */
  readonly rest: string
}

const VERBS: Record<string, string> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
}
/** Subresources of a namespace; anything else behind its name is a resource in it. */
const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize'])

const LONG_RUNNING = new Set(['log', 'exec', 'attach', 'portforward', 'proxy'])

/** Whether a request's answer goes on for as long as the client wants: a watch, or a connection. */
export function isLongRunning({ verb, subresource }: RequestInfo): boolean {
  return verb === 'watch' || LONG_RUNNING.has(subresource)
}

/** Reads a request's path. Throws 400 when a segment cannot be decoded. */
export function requestInfo(method: string, path: string, query: Query): RequestInfo {
  const verb = own(VERBS, method) ?? method.toLowerCase()
  const raw = path.split('/').filter(Boolean)
  const segments = decodePath(path).split('/').filter(Boolean)
  const plain = { path, version: '', group: '', namespace: '', resource: '', subresource: '', name: '', rest: '' }
  const [root] = segments
  if ((root !== 'api' && root !== 'apis') || segments.length < (root === 'api' ? 3 : 4)) {
    return { ...plain, isResourceRequest: false, verb: method.toLowerCase() }
  }
  const [group, version, ...rest] = root === 'api' ? ['', ...segments.slice(1)] : segments.slice(1)
  let parts = rest
  // An encoded slash separates segments, as in Go; what goes on to a proxied server stays as it was sent if it can.
  let tail = raw.length === segments.length ? raw.slice(-rest.length) : rest
  let forced: string | undefined
  if (parts[0] === 'watch' && parts.length > 1) {
    forced = 'watch'
    parts = parts.slice(1)
    tail = tail.slice(1)
  }
  let namespace = ''
  if (parts[0] === 'namespaces' && parts.length > 1) {
    namespace = parts[1]!
    if (parts.length > 2 && !NAMESPACE_SUBRESOURCES.has(parts[2]!)) {
      parts = parts.slice(2)
      tail = tail.slice(2)
    }
  }
  const [resource = '', name = '', subresource = ''] = parts
  const info = {
    isResourceRequest: true,
    path,
    group: group!,
    version: version!,
    namespace,
    resource,
    name,
    subresource,
    rest: tail.slice(3).join('/') + (tail.length > 3 && path.endsWith('/') ? '/' : ''),
  }
  return { ...info, verb: forced ?? collectionVerb(verb, name, query) }
}

function collectionVerb(verb: string, name: string, query: Query): string {
  if (name) return verb
  if (verb === 'get') return query.bool('watch') ? 'watch' : 'list'
  return verb === 'delete' ? 'deletecollection' : verb
}

function decodePath(path: string): string {
  try {
    return path.includes('%') ? decodeURIComponent(path) : path
  } catch {
    throw badRequest(`invalid URL escape in path ${JSON.stringify(path)}`)
  }
}
