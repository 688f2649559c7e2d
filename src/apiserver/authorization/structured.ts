import type { Random } from '../../apimachinery/random.ts'
import { type WatchedConfigOptions, watchConfigFile } from '../watched-config.ts'
import { ExpiringCache } from '../webhook/expiring-cache.ts'
import { ReviewClient } from '../webhook/review-client.ts'
import { readWebhookConfig } from '../webhook/webhook-config.ts'
import { type Attributes, type Authorizer, type Decision, unionAuthorizer } from './authorizer.ts'
import {
  type AuthorizationConfiguration,
  type AuthorizerConfiguration,
  authorizationConfiguration,
} from './configuration.ts'
import { WebhookAuthorizer } from './webhook-authorizer.ts'

/** Answers kept of one webhook. */
const CACHE_SIZE = 8192

export interface StructuredAuthorizationOptions extends WatchedConfigOptions {
  readonly random: Random
  /** Those that need no webhook. */
  readonly builtIn: Readonly<Record<'Node' | 'RBAC', Authorizer>>
}

const always = (verdict: Decision['verdict'], reason: string): Authorizer => ({
  authorize: () => ({ verdict, reason }),
})
const ALWAYS: Readonly<Record<string, Authorizer>> = {
  AlwaysAllow: always('allow', ''),
  AlwaysDeny: always('no-opinion', 'Everything is forbidden.'),
}

/** The authorizers that an AuthorizationConfiguration names, as it is now. */
export class StructuredAuthorization implements Authorizer {
  readonly #options: StructuredAuthorizationOptions
  #webhooks: readonly WebhookAuthorizer[] = []
  #current: Authorizer = unionAuthorizer([])

  /** Throws MachineError where the file cannot be used. */
  constructor(filename: string, options: StructuredAuthorizationOptions) {
    this.#options = options
    watchConfigFile(authorizationConfiguration, filename, config => this.#use(config), options)
    options.signal.addEventListener('abort', () => this.#close(this.#webhooks), { once: true })
  }

  authorize(attributes: Attributes): Decision | Promise<Decision> {
    return this.#current.authorize(attributes)
  }

  /** Whether somebody decides who cannot say beforehand what a user may do. */
  get asksOthers(): boolean {
    return this.#webhooks.length > 0
  }

  #use({ authorizers }: AuthorizationConfiguration): void {
    const before = this.#webhooks
    const now = authorizers.map(config => this.#authorizerOf(config))
    this.#webhooks = now.filter(authorizer => authorizer instanceof WebhookAuthorizer)
    this.#current = unionAuthorizer(now)
    this.#close(before)
  }

  #authorizerOf({ type, webhook }: AuthorizerConfiguration): Authorizer {
    if (!webhook) return ALWAYS[type] ?? this.#options.builtIn[type as 'Node' | 'RBAC']
    const { clock, onError } = this.#options
    const file = webhook.connectionInfo.kubeConfigFile
    if (!file) throw new Error('InClusterConfig leads nowhere: this API server does not run in a pod')
    return new WebhookAuthorizer({
      client: new ReviewClient(readWebhookConfig(file), this.#options),
      config: webhook,
      cache: new ExpiringCache(CACHE_SIZE, clock),
      onError,
    })
  }

  #close(webhooks: readonly WebhookAuthorizer[]): void {
    for (const webhook of webhooks) webhook.close()
  }
}
