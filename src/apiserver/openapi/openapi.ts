import { createHash } from 'node:crypto'
import { StatusError } from '../../apimachinery/errors.ts'
import { Definitions } from '../../apimachinery/schema/openapi.ts'
import type { ApiServer } from '../apiserver.ts'
import { CONTENT_TYPES } from '../endpoints/negotiate.ts'
import type { Resource } from '../registry/resource.ts'
import type { Exchange } from '../server/exchange.ts'
import { encodeOpenapiV2, OPENAPI_V2_PROTOBUF } from './gnostic.ts'
import { mergeSpec } from './merge.ts'
import { Operations } from './operations.ts'

/** Documents by what they describe, per server; dropped when the server's kinds change. */
const documents = new WeakMap<ApiServer, { revision: number; made: Map<string, Buffer> }>()

function cached(server: ApiServer, key: string, make: () => Buffer): Buffer {
  const { revision } = server.discovery
  let known = documents.get(server)
  if (!known || known.revision !== revision) {
    known = { revision, made: new Map() }
    documents.set(server, known)
  }
  let document = known.made.get(key)
  if (!document) {
    document = make()
    known.made.set(key, document)
  }
  return document
}

const info = (server: ApiServer) => ({ title: 'Kubernetes', version: server.version.gitVersion })

/** GET /openapi/v2: everything in one document, as JSON or, as old clients ask for it, as gnostic's protobuf. */
export function openapiV2(server: ApiServer, exchange: Exchange): void {
  const document = () => {
    const definitions = new Definitions(2)
    const operations = new Operations(definitions, 2)
    for (const resource of server.resources) operations.add(resource, server.subresources.get(resource)?.values() ?? [])
    const own = { swagger: '2.0', info: info(server), paths: operations.paths, definitions: definitions.schemas }
    return [...server.aggregator.documents].reduce(
      (all, { group, version, v2 = {} }) => mergeSpec(all, v2, `/apis/${group}/${version}`),
      own,
    )
  }
  exchange.setHeader('vary', 'Accept')
  if (String(exchange.headers.accept ?? '').includes('com.github.proto-openapi.spec.v2')) {
    exchange.respond(
      200,
      OPENAPI_V2_PROTOBUF,
      cached(server, 'v2 protobuf', () => encodeOpenapiV2(document())),
    )
    return
  }
  exchange.respond(
    200,
    CONTENT_TYPES.json,
    cached(server, 'v2', () => Buffer.from(JSON.stringify(document()))),
  )
}

/** GET /openapi/v3: where each group version's document is; GET /openapi/v3/GROUP: that document. */
export function openapiV3(server: ApiServer, exchange: Exchange): void {
  const path = exchange.path.replace(/^\/openapi\/v3\/?/, '')
  const groups = groupVersions(server)
  if (!path) {
    const paths = Object.fromEntries(
      [...groups.keys()].map(key => {
        const hash = createHash('sha256')
          .update(groupDocument(server, key, groups.get(key)!))
          .digest('hex')
          .toUpperCase()
        return [key, { serverRelativeURL: `/openapi/v3/${key}?hash=${hash}` }]
      }),
    )
    for (const { group, version, v3 } of server.aggregator.documents) {
      const key = `apis/${group}/${version}`
      delete paths[key]
      if (v3) paths[key] = { serverRelativeURL: v3 }
    }
    exchange.respond(200, CONTENT_TYPES.json, JSON.stringify({ paths }))
    return
  }
  const resources = groups.get(path)
  if (!resources) throw new StatusError(404, 'NotFound', 'the server could not find the requested resource')
  exchange.respond(200, CONTENT_TYPES.json, groupDocument(server, path, resources))
}

function groupVersions(server: ApiServer): Map<string, Resource[]> {
  const groups = new Map<string, Resource[]>()
  for (const resource of server.resources) {
    const { group, apiVersion } = resource.kind
    const key = group ? `apis/${apiVersion}` : `api/${apiVersion}`
    groups.set(key, [...(groups.get(key) ?? []), resource])
  }
  return groups
}

function groupDocument(server: ApiServer, key: string, resources: Resource[]): Buffer {
  return cached(server, key, () => {
    const definitions = new Definitions(3)
    const operations = new Operations(definitions, 3)
    for (const resource of resources) operations.add(resource, server.subresources.get(resource)?.values() ?? [])
    const components = { schemas: definitions.schemas }
    return Buffer.from(JSON.stringify({ openapi: '3.0.0', info: info(server), paths: operations.paths, components }))
  })
}
