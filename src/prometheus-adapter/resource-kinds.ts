import { clientKind } from '../api/apiextensions/client-kind.ts'
import { customResourceDefinition } from '../api/apiextensions/index.ts'
import { allKinds } from '../api/index.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import type { Client } from '../client/client.ts'

/** The kinds that metrics may be about: built-in ones, and custom ones as they are defined. */
export class ResourceKinds {
  readonly #client: Client
  #custom: readonly Kind[] = []

  constructor(client: Client) {
    this.#client = client
  }

  /** Looks at which custom kinds there are. */
  async refresh(): Promise<void> {
    const { items } = await this.#client.list(customResourceDefinition)
    this.#custom = items.flatMap(definition => clientKind(definition) ?? [])
  }

  /** By its plural, singular or kind in small letters; without a group, that of the core goes before others. */
  find(group: string, resource: string): Kind | undefined {
    const named = [...allKinds, ...this.#custom].filter(
      ({ plural, singular, kind }) => plural === resource || singular === resource || kind.toLowerCase() === resource,
    )
    return named.find(kind => kind.group === group) ?? (group === '' ? named[0] : undefined)
  }

  /** By the name that has its group behind a dot: `pods`, `ingresses.networking.k8s.io`. */
  named(resource: string): Kind | undefined {
    const [plural = '', ...group] = resource.split('.')
    return this.find(group.join('.'), plural)
  }
}

/** A resource with its group, as paths and messages have it. */
export const qualified = ({ group, plural }: Pick<Kind, 'group' | 'plural'>): string =>
  group ? `${plural}.${group}` : plural
