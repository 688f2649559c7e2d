import type { CustomResourceDefinition } from '../../api/apiextensions/index.ts'
import { deepEqual } from '../../apimachinery/json.ts'
import type { ApiServer } from '../apiserver.ts'
import { Cacher } from '../cacher/cacher.ts'
import { prefixOf, type Resource } from '../registry/resource.ts'
import type { ReviewCaller } from './conversion-webhook.ts'
import { conversionOf } from './converter.ts'
import { customVersion } from './custom-kind.ts'

/** One definition as it is served now. */
interface Served {
  readonly crd: CustomResourceDefinition
  readonly cacher: Cacher
  /** Versions that are served, and then those that are not, for cleaning up. */
  readonly offered: readonly Resource[]
}

/** The custom resources a server offers: one cache for each definition, one resource for each version of it. */
export class CustomResources {
  readonly #server: ApiServer
  readonly #caller: ReviewCaller
  readonly #current: (name: string) => CustomResourceDefinition | undefined
  readonly #byName = new Map<string, Served>()

  /** `current`: a definition as it is now, by name. */
  constructor(
    server: ApiServer,
    caller: ReviewCaller,
    current: (name: string) => CustomResourceDefinition | undefined,
  ) {
    this.#server = server
    this.#caller = caller
    this.#current = current
  }

  /** Serves a definition, or what it has become. Watches of what it was end. */
  async serve(crd: CustomResourceDefinition): Promise<void> {
    const name = crd.metadata.name!
    const before = this.#byName.get(name)
    if (before && !servedOtherwise(before.crd, crd)) return
    const cacher = before?.cacher ?? (await this.#cacherFor(crd))
    for (const resource of before?.offered ?? []) this.#server.withdraw(resource)
    this.#byName.set(name, { crd, cacher, offered: this.#offer(crd, cacher) })
  }

  /** No longer serves a definition. */
  withdraw(name: string): void {
    const served = this.#byName.get(name)
    if (!served) return
    this.#byName.delete(name)
    for (const resource of served.offered) this.#server.withdraw(resource)
    this.#server.feed.remove(served.cacher)
  }

  cacherOf(name: string): Cacher | undefined {
    return this.#byName.get(name)?.cacher
  }
  /** Any of the versions that a definition is served as. */
  anyOf(name: string): Resource | undefined {
    return this.#byName.get(name)?.offered[0]
  }

  async #cacherFor({ spec, status }: CustomResourceDefinition): Promise<Cacher> {
    const { plural } = status.acceptedNames
    const cacher = new Cacher(prefixOf({ group: spec.group, plural, custom: { openapi: () => ({}) } }))
    await this.#server.feed.join(cacher)
    return cacher
  }

  #offer(crd: CustomResourceDefinition, cacher: Cacher): Resource[] {
    const current = () => this.#current(crd.metadata.name!) ?? crd
    const versions = crd.spec.versions.map(version => ({ version, made: customVersion(crd, version, current) }))
    const stored = versions.find(({ version }) => version.storage)!.made
    return versions
      .filter(({ version }) => version.served)
      .map(({ made }) => this.#server.serveCustom(made.kind, cacher, conversionOf(crd, made, stored, this.#caller)))
  }
}

/** Whether a definition has to be served in another way than before. */
function servedOtherwise(before: CustomResourceDefinition, now: CustomResourceDefinition): boolean {
  return !deepEqual(before.spec, now.spec) || !deepEqual(before.status.acceptedNames, now.status.acceptedNames)
}
