import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import path from 'node:path'
import { loadedImages } from './import.ts'

/** Where a node's containerd asks first, inside the node. */
export const MIRROR_PORT = 5001

/** Tells containerd to ask the mirror before any registry. */
export const MIRROR_HOSTS = `[host."http://127.0.0.1:${MIRROR_PORT}"]
  capabilities = ["pull", "resolve"]
`

export interface MirrorOptions {
  readonly criSocket: string
  /** containerd's content, by the path inside the node. */
  readonly content: string
  readonly signal: AbortSignal
}

const REQUEST = /^\/v2\/(.+)\/(manifests|blobs)\/([\w:.-]+)$/

/**
 * A registry on the node itself that offers the images that were loaded into it, so that pods whose pull policy is Always
 * find them too; all others are left to the registry they belong to. Resolves once it listens.
 */
export function startMirror(options: MirrorOptions): Promise<void> {
  const server = http.createServer((request, response) => {
    answer(options, request, response).catch(() => response.writeHead(500).end())
  })
  options.signal.addEventListener(
    'abort',
    () => {
      server.close()
      server.closeAllConnections()
    },
    { once: true },
  )
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(MIRROR_PORT, '127.0.0.1', resolve)
  })
}

async function answer(options: MirrorOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://mirror')
  if (url.pathname === '/v2/') return void response.writeHead(200).end()
  const [, name, sort, reference] = REQUEST.exec(url.pathname) ?? []
  const registry = url.searchParams.get('ns')
  if (!name || !sort || !reference || !registry) return void response.writeHead(404).end()
  const found =
    sort === 'manifests' && !reference.startsWith('sha256:')
      ? await find(options, `${registry}/${name}:${reference}`)
      : undefined
  const digest = found?.digest ?? reference
  if (!found && !digest.startsWith('sha256:')) return void response.writeHead(404).end()
  const file = path.join(options.content, 'blobs', 'sha256', digest.slice('sha256:'.length))
  const size = await stat(file).then(
    s => s.size,
    () => undefined,
  )
  if (size === undefined) return void response.writeHead(404).end()
  response.writeHead(200, {
    'content-type': found?.mediaType ?? 'application/octet-stream',
    'content-length': size,
    'docker-content-digest': digest,
  })
  if (request.method === 'HEAD') response.end()
  else createReadStream(file).pipe(response)
}

async function find({ criSocket }: MirrorOptions, name: string) {
  return (await loadedImages(criSocket)).find(image => image.name === name)
}
