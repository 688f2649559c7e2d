import { type WatchedConfigOptions, watchConfigFile } from '../watched-config.ts'
import { type Authenticator, type Credentials, firstToKnow, type Identity } from './authenticator.ts'
import { type AuthenticationConfiguration, authenticationConfiguration } from './configuration.ts'
import { JwtAuthenticator } from './jwt-authenticator.ts'

/** What an AuthenticationConfiguration asks for, as it is now. */
export class StructuredAuthentication implements Authenticator {
  #issuers: readonly JwtAuthenticator[] = []
  #anonymous: AuthenticationConfiguration['anonymous']
  readonly #options: WatchedConfigOptions

  /** `disallowed`: issuers that are known otherwise. Throws MachineError where the file cannot be used. */
  constructor(filename: string, disallowed: readonly string[], options: WatchedConfigOptions) {
    this.#options = options
    watchConfigFile(authenticationConfiguration(disallowed), filename, config => this.#use(config), options)
    options.signal.addEventListener('abort', () => this.#close(this.#issuers), { once: true })
  }

  authenticate(credentials: Credentials): Promise<Identity | undefined> {
    return firstToKnow(this.#issuers, credentials)
  }

  /** Whether a path may be asked for by somebody unknown. */
  readonly anonymous = (path: string): boolean => {
    const { enabled = true, conditions = [] } = this.#anonymous ?? {}
    return enabled && (conditions.length === 0 || conditions.some(condition => condition.path === path))
  }

  #use({ jwt, anonymous }: AuthenticationConfiguration): void {
    const before = this.#issuers
    this.#issuers = jwt.map(config => new JwtAuthenticator(config, this.#options.clock))
    this.#anonymous = anonymous
    this.#close(before)
  }

  #close(issuers: readonly JwtAuthenticator[]): void {
    for (const issuer of issuers) issuer.close()
  }
}
