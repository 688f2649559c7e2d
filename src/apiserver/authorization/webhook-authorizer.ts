import { parseDuration } from '../../apimachinery/duration.ts'
import type { ExpiringCache } from '../webhook/expiring-cache.ts'
import type { ReviewClient } from '../webhook/review-client.ts'
import { type AccessSpec, accessSpecOf, withoutEmpty } from './access-spec.ts'
import { type Attributes, type Authorizer, type Decision, NO_OPINION } from './authorizer.ts'
import type { WebhookConfiguration } from './configuration.ts'
import { allHold, compileMatchCondition } from './match-conditions.ts'

/** Requests whose own parts are longer than this are not remembered: they could be made up to fill the memory. */
const MAX_CACHED_LENGTH = 10_000

export interface WebhookAuthorizerOptions {
  readonly client: ReviewClient
  readonly config: WebhookConfiguration
  readonly cache: ExpiringCache<SubjectAccessReviewStatus>
  /** Told when there is no answer. */
  readonly onError: (error: Error) => void
}

export interface SubjectAccessReviewStatus {
  readonly allowed?: boolean
  readonly denied?: boolean
  readonly reason?: string
}

/** Asks a webhook who may do what (upstream plugin/pkg/authorizer/webhook). */
export class WebhookAuthorizer implements Authorizer {
  readonly #options: WebhookAuthorizerOptions
  readonly #conditions: Parameters<typeof allHold>[0]

  /** The configuration has been validated. */
  constructor(options: WebhookAuthorizerOptions) {
    this.#options = options
    this.#conditions = options.config.matchConditions.map(({ expression }) => ({
      expression,
      program: compileMatchCondition(expression),
    }))
  }

  async authorize(attributes: Attributes): Promise<Decision> {
    const { config, onError } = this.#options
    const spec = accessSpecOf(attributes)
    let status: SubjectAccessReviewStatus
    try {
      if (!allHold(this.#conditions, spec)) return NO_OPINION
      status = await this.#ask(spec, attributes)
    } catch (error) {
      onError(error as Error)
      return { verdict: config.failurePolicy === 'Deny' ? 'deny' : 'no-opinion', reason: '' }
    }
    const { allowed, denied, reason = '' } = status
    return { verdict: denied ? 'deny' : allowed ? 'allow' : 'no-opinion', reason }
  }

  close(): void {
    this.#options.client.close()
  }

  async #ask(spec: AccessSpec, attributes: Attributes): Promise<SubjectAccessReviewStatus> {
    const { client, config, cache } = this.#options
    const asked = withoutEmpty(spec)
    const key = JSON.stringify(asked)
    const known = cache.get(key)
    if (known) return known
    const version = config.subjectAccessReviewVersion
    const review = {
      kind: 'SubjectAccessReview',
      apiVersion: `authorization.k8s.io/${version}`,
      metadata: { creationTimestamp: null },
      spec: version === 'v1beta1' ? renamed(asked) : asked,
      status: { allowed: false },
    }
    const status: SubjectAccessReviewStatus = await client.review(review, parseDuration(config.timeout))
    if (lengthOf(attributes) < MAX_CACHED_LENGTH) {
      const kept = status.allowed ? config.cacheAuthorizedRequests : config.cacheUnauthorizedRequests
      if (kept) cache.set(key, status, parseDuration(status.allowed ? config.authorizedTTL : config.unauthorizedTTL))
    }
    return status
  }
}

/** In v1beta1 groups are called `group`. */
function renamed({ groups, ...spec }: { readonly groups?: unknown }): object {
  return { ...spec, ...(groups !== undefined && { group: groups }) }
}

function lengthOf({ namespace, verb, group, version, resource, subresource, name, path }: Attributes): number {
  return [namespace, verb, group, version, resource, subresource, name, path].join('').length
}
