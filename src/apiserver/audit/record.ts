import { rfc3339Micro } from '../../apimachinery/clock.ts'
import type { Status } from '../../apimachinery/errors.ts'
import type { Decision } from '../authorization/authorizer.ts'
import type { UserInfo } from '../request.ts'
import type { AuditConfig, AuditedRequest } from './evaluate.ts'
import { type AuditEvent, type AuditUser, atLeast, type ObjectReference, type Stage } from './event.ts'
import { withoutManagedFields } from './managed-fields.ts'

const MAX_USER_AGENT = 1024

/** What is known of a request when it arrives. */
export interface Arrival {
  readonly auditId: string
  /** Path and query, as sent. */
  readonly uri: string
  readonly info: AuditedRequest
  readonly user: UserInfo | undefined
  readonly sourceIPs: readonly string[]
  readonly userAgent: string
  /** Milliseconds since the epoch. */
  readonly received: number
  /** A watch or a connection: its answer goes on for long. */
  readonly longRunning: boolean
}

/** The audit record of one request, filled in as the request goes through its stations. */
export class AuditRecord {
  readonly longRunning: boolean
  readonly #config: AuditConfig
  readonly #write: (event: AuditEvent) => void
  readonly #now: () => number
  readonly #auditID: string
  readonly #base: Pick<AuditEvent, 'requestURI' | 'verb' | 'user' | 'sourceIPs' | 'userAgent'>
  readonly #received: string
  readonly #objectRef: ObjectReference | undefined
  readonly #annotations: Record<string, string> = {}
  #impersonated: AuditUser | undefined
  #requestObject: unknown
  #responseObject: unknown
  #status: Partial<Status> | undefined

  constructor(arrival: Arrival, config: AuditConfig, now: () => number, write: (event: AuditEvent) => void) {
    const { auditId, uri, info, user, sourceIPs, userAgent, received, longRunning } = arrival
    this.longRunning = longRunning
    this.#config = config
    this.#now = now
    this.#write = write
    this.#received = rfc3339Micro(received)
    const agent = userAgent.length > MAX_USER_AGENT ? `${userAgent.slice(0, MAX_USER_AGENT)}...TRUNCATED` : userAgent
    this.#auditID = auditId
    this.#base = {
      requestURI: uri,
      verb: info.verb,
      user: user ? auditUser(user) : {},
      ...(sourceIPs.length > 0 && { sourceIPs }),
      ...(agent && { userAgent: agent }),
    }
    if (info.isResourceRequest) {
      const { resource, namespace, name, group, version, subresource } = info
      this.#objectRef = { resource, namespace, name, apiGroup: group, apiVersion: version, subresource }
    }
  }

  /** Whether bodies of requests are wanted. */
  get wantsRequest(): boolean {
    return atLeast(this.#config.level, 'Request')
  }
  /** Whether bodies of answers are wanted. */
  get wantsResponse(): boolean {
    return atLeast(this.#config.level, 'RequestResponse') && !this.longRunning && this.#objectRef !== undefined
  }

  impersonates(user: UserInfo): void {
    this.#impersonated = auditUser(user)
  }

  /** Notes something about the request, under a key that names who says it. The first to say something under a key wins. */
  annotate(key: string, value: string): void {
    this.#annotations[key] ??= value
  }

  /** What the authorizer said. */
  authorized({ verdict, reason }: Decision): void {
    this.annotate('authorization.k8s.io/decision', verdict === 'allow' ? 'allow' : 'forbid')
    this.annotate('authorization.k8s.io/reason', reason)
  }

  /** The object a request came with, as sent. */
  requestObject(object: unknown): void {
    if (typeof object !== 'object' || object === null) return
    const { metadata } = object as { metadata?: { [key: string]: unknown } }
    const ref = this.#objectRef
    if (ref && typeof metadata === 'object' && metadata !== null) {
      for (const field of ['namespace', 'name', 'uid', 'resourceVersion'] as const) {
        const value = metadata[field]
        if (!ref[field] && typeof value === 'string') ref[field] = value
      }
    }
    this.requestPatch(object)
  }

  /** The patch a request came with. */
  requestPatch(patch: unknown): void {
    if (this.wantsRequest) this.#requestObject = structuredClone(patch)
  }

  responseStatus(status: Partial<Status>): void {
    this.#status = status
  }
  responseObject(object: unknown): void {
    this.#responseObject = object
  }

  /** Writes an event, unless the policy leaves this stage out. */
  stage(stage: Stage): void {
    if (this.#config.omitStages.has(stage)) return
    const answered = stage !== 'RequestReceived'
    this.#write({
      level: this.#config.level,
      auditID: this.#auditID,
      stage,
      ...this.#base,
      impersonatedUser: this.#impersonated,
      objectRef: this.#objectRef && withoutEmpty(this.#objectRef),
      ...(answered && {
        responseStatus: this.#status,
        requestObject: this.#body(this.#requestObject),
        responseObject: this.#body(this.#responseObject),
      }),
      requestReceivedTimestamp: this.#received,
      stageTimestamp: rfc3339Micro(this.#now()),
      ...(Object.keys(this.#annotations).length > 0 && { annotations: { ...this.#annotations } }),
    })
  }

  /** Writes the last event: the answer is out, or the client went away before there was one. */
  complete(): void {
    if (!this.#status) {
      this.#status = { metadata: {}, status: 'Success', message: 'Connection closed early', code: 200 }
      if (this.longRunning) this.stage('ResponseStarted')
    }
    this.stage('ResponseComplete')
  }

  /** Writes the last event of a request that ran into a fault of the server. */
  panic(error: unknown): void {
    const message = `APIServer panic'd: ${error instanceof Error ? error.message : String(error)}`
    this.#status = { metadata: {}, status: 'Failure', message, reason: 'InternalError', code: 500 }
    this.stage('Panic')
  }

  #body(object: unknown): unknown {
    return this.#config.omitManagedFields ? withoutManagedFields(object) : object
  }
}

function auditUser({ name, uid, groups, extra }: UserInfo): AuditUser {
  return {
    username: name,
    ...(uid && { uid }),
    ...(groups.length > 0 && { groups }),
    ...(extra && Object.keys(extra).length > 0 && { extra }),
  }
}

function withoutEmpty(ref: ObjectReference): ObjectReference {
  return Object.fromEntries(Object.entries(ref).filter(([, value]) => value))
}
