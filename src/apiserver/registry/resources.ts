import { StatusError } from '../../apimachinery/errors.ts'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import type { Resource } from './resource.ts'

/** The resources a server offers, by group, version and plural. */
export class Resources {
  readonly #byPath = new Map<string, Resource>()
  readonly #byKind = new Map<Kind, Resource>()

  add(resource: Resource): void {
    const { kind } = resource
    this.#byPath.set(`${kind.apiVersion}/${kind.plural}`, resource)
    this.#byKind.set(kind, resource)
  }

  /** Has a resource that only who knows its kind finds. */
  keep(resource: Resource): void {
    this.#byKind.set(resource.kind, resource)
  }

  remove(resource: Resource): void {
    const { kind } = resource
    this.#byPath.delete(`${kind.apiVersion}/${kind.plural}`)
    this.#byKind.delete(kind)
  }

  find(group: string, version: string, plural: string): Resource | undefined {
    return this.#byPath.get(`${group ? `${group}/${version}` : version}/${plural}`)
  }

  /** The resource of a kind that is known to be served. */
  of<T extends KubeObject, I>(kind: Kind<T, I>): Resource<T> {
    const resource = this.#byKind.get(kind as unknown as Kind)
    if (!resource) throw new Error(`${kind.apiVersion} ${kind.kind} is not served`)
    return resource as unknown as Resource<T>
  }

  /** What is served for a kind; for custom resources also for a statement that only says where they are. Throws 404. */
  for(kind: Kind): Resource {
    const resource = this.#byKind.get(kind) ?? this.find(kind.group, kind.version, kind.plural)
    if (!resource) throw new StatusError(404, 'NotFound', 'the server could not find the requested resource')
    return resource
  }

  [Symbol.iterator](): IterableIterator<Resource> {
    return this.#byPath.values()
  }
}
