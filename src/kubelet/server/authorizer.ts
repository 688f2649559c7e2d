import type { PeerCertificate } from 'node:tls'
import { subjectAccessReview } from '../../api/authorization/subjectaccessreview.ts'
import type { KubeletSettings } from '../options.ts'
import { HttpError } from './endpoint.ts'

const SUPERUSERS = 'system:masters'
/** How long an answer is good for, as upstream's webhook authorizer has it. */
const ALLOWED_MS = 5 * 60_000
const DENIED_MS = 30_000

const VERBS: Readonly<Record<string, string>> = { GET: 'get', POST: 'create', PUT: 'update', DELETE: 'delete' }

/** Decides, by asking the API server, whether the holder of a certificate may do something with the node. */
export class Authorizer {
  readonly #settings: KubeletSettings
  readonly #known = new Map<string, { allowed: boolean; reason: string; until: number }>()

  constructor(settings: KubeletSettings) {
    this.#settings = settings
  }

  /** Rejects with 403 where the client may not. */
  async check({ subject }: PeerCertificate, method: string, subresource: string): Promise<void> {
    const user = single(subject?.CN)
    const groups = ([] as string[]).concat((subject?.O as string | string[] | undefined) ?? [])
    if (groups.includes(SUPERUSERS)) return
    const { nodeName, clock } = this.#settings
    const verb = VERBS[method] ?? method.toLowerCase()
    const key = [user, ...groups, verb, subresource].join('\0')
    let known = this.#known.get(key)
    if (!known || known.until < clock.now()) {
      known = await this.#ask(user, groups, verb, subresource)
      this.#known.set(key, known)
    }
    if (known.allowed) return
    const text = `Forbidden (user=${user}, verb=${verb}, resource=nodes, subresource(s)=[${subresource}])`
    throw new HttpError(403, known.reason ? `${text}: ${known.reason}` : `${text} on node ${nodeName}`)
  }

  async #ask(user: string, groups: string[], verb: string, subresource: string) {
    const { client, clock, nodeName } = this.#settings
    const review = await client.create(subjectAccessReview, {
      spec: {
        user,
        groups: [...groups, 'system:authenticated'],
        resourceAttributes: { verb, version: 'v1', resource: 'nodes', subresource, name: nodeName },
      },
    })
    const { allowed, reason = '' } = review.status
    return { allowed, reason, until: clock.now() + (allowed ? ALLOWED_MS : DENIED_MS) }
  }
}

const single = (value: string | string[] | undefined): string =>
  Array.isArray(value) ? (value[0] ?? '') : (value ?? '')
