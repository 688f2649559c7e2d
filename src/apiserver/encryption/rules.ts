import type { Clock } from '../../apimachinery/clock.ts'
import { parseDuration } from '../../apimachinery/duration.ts'
import type { Random } from '../../apimachinery/random.ts'
import { DEFAULT_KMS_TIMEOUT, type EncryptionConfiguration, type KeyServiceConfiguration } from './configuration.ts'
import { openKeyService } from './kms/key-service.ts'
import { KmsCipher } from './kms/kms-cipher.ts'
import { Transformer } from './transformer.ts'
import { parseGroupResource } from './validate.ts'

export interface RulesOptions {
  readonly clock: Clock
  readonly random: Random
}

/** How a configuration has each resource kept. */
export class Rules {
  readonly #byName = new Map<string, Transformer>()
  readonly #keyServices = new Map<string, KmsCipher>()

  /** Key services that `before` knows by the same configuration go on being used. */
  constructor(configuration: EncryptionConfiguration, { clock, random }: RulesOptions, before?: Rules) {
    const byRule = new Map<string, EncryptionConfiguration['resources'][number]['providers']>()
    for (const { resources, providers } of configuration.resources) {
      for (const name of resources) {
        const { group, resource } = parseGroupResource(name)
        const rule = `${resource}.${group}`
        byRule.set(rule, [...(byRule.get(rule) ?? []), ...providers])
      }
    }
    const open = ({ endpoint, timeout = DEFAULT_KMS_TIMEOUT }: KeyServiceConfiguration) =>
      new KmsCipher(openKeyService({ endpoint, timeoutMs: parseDuration(timeout), clock, random }), clock)
    const keyServices = (kms: KeyServiceConfiguration) => {
      const key = JSON.stringify(kms)
      const known = this.#keyServices.get(key) ?? before?.keyServices.get(key) ?? open(kms)
      this.#keyServices.set(key, known)
      return known
    }
    for (const [rule, providers] of byRule) this.#byName.set(rule, new Transformer(providers, keyServices))
  }

  /** The key services in use, by their configuration. */
  get keyServices(): ReadonlyMap<string, KmsCipher> {
    return this.#keyServices
  }

  /** Explicit rules before those for a group, and these before the one for all (upstream transformerFromOverrides). */
  for(group: string, resource: string): Transformer | undefined {
    const rules = this.#byName
    return rules.get(`${resource}.${group}`) ?? rules.get(`*.${group}`) ?? rules.get('*.*')
  }

  /** Resolves once everything can be written. Rejects where a key service does not give a key. */
  async ready(): Promise<void> {
    await Promise.all([...this.#byName.values()].map(transformer => transformer.ready()))
  }

  /** Lets go of the key services that `after` does not use. */
  close(after?: Rules): void {
    for (const [key, service] of this.#keyServices) if (after?.keyServices.get(key) !== service) service.close()
  }
}
