import type { APIService } from '../../api/apiregistration/apiservice.ts'
import type { ApiServer } from '../apiserver.ts'
import type { Spec } from '../openapi/merge.ts'
import { type FrontProxy, fetchDocument } from './remote.ts'

/** What an extension server says in OpenAPI of the group version that it answers for. */
export interface RemoteOpenapi {
  readonly group: string
  readonly version: string
  /** Its document in OpenAPI v2. */
  readonly v2?: Partial<Spec>
  /** Where its document in OpenAPI v3 is, as /openapi/v3 says it. */
  readonly v3?: string
}

interface Known {
  readonly etags: Readonly<Record<string, string | undefined>>
  readonly texts: Readonly<Record<string, string>>
  readonly openapi: RemoteOpenapi
}

const V2 = '/openapi/v2'
const V3 = '/openapi/v3'

/** The OpenAPI documents of extension servers, by the name of their APIService; asked for again when these are checked. */
export class RemoteDocuments implements Iterable<RemoteOpenapi> {
  readonly #known = new Map<string, Known>();

  *[Symbol.iterator](): Iterator<RemoteOpenapi> {
    for (const key of [...this.#known.keys()].sort()) yield this.#known.get(key)!.openapi
  }

  forget(key: string): void {
    this.#known.delete(key)
  }

  /** Asks a server for its documents. Resolves to whether they are others than before; what it does not have is left out. */
  async fetch(
    server: ApiServer,
    service: APIService,
    frontProxy: FrontProxy | undefined,
    signal: AbortSignal,
  ): Promise<boolean> {
    const key = service.metadata.name!
    const before = this.#known.get(key)
    const etags: Record<string, string | undefined> = {}
    const texts: Record<string, string> = {}
    await Promise.all(
      [V2, V3].map(async path => {
        const etag = before?.etags[path]
        const headers = { accept: 'application/json', ...(etag && { 'if-none-match': etag }) }
        const answer = await fetchDocument(server, service, frontProxy, path, signal, headers).catch(() => undefined)
        if (answer?.status === 304) {
          etags[path] = etag
          texts[path] = before!.texts[path]!
        } else if (answer?.status === 200) {
          etags[path] = answer.etag
          texts[path] = answer.text
        }
      }),
    )
    if (before && [V2, V3].every(path => before.texts[path] === texts[path])) return false
    const { group = '', version = '' } = service.spec
    const { paths } = parsed(texts[V3]) as { paths?: Record<string, { serverRelativeURL?: string }> }
    const v3 = paths?.[`apis/${group}/${version}`]?.serverRelativeURL
    const v2 = texts[V2] === undefined ? undefined : (parsed(texts[V2]) as Partial<Spec>)
    const openapi = { group, version, ...(v2 && { v2 }), ...(v3?.startsWith(`${V3}/apis/`) && { v3 }) }
    this.#known.set(key, { etags, texts, openapi })
    return true
  }
}

/** A document that cannot be read says nothing. */
function parsed(text: string | undefined): object {
  try {
    const value: unknown = JSON.parse(text ?? '{}')
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}
