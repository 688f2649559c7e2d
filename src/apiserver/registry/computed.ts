import { everyField } from '../../apimachinery/fields.ts'
import { everything, type Selector } from '../../apimachinery/labels.ts'
import type { KubeObject } from '../../apimachinery/schema/kind.ts'
import { encodeStored } from '../cacher/codec.ts'
import { Entry } from '../cacher/entry.ts'
import type { ListOptions, ListResult } from './list.ts'
import type { Resource } from './resource.ts'

/** Where the objects of a kind come from that are made when somebody asks for them, and lie nowhere. */
export interface ComputedObjects<T extends KubeObject = KubeObject> {
  /** Throws NotFound where there is none. */
  get(namespace: string, name: string): Promise<T>
  /** Those of a namespace ('' for all) that labels select, in the order of their keys. */
  list(namespace: string, labels: Selector): Promise<readonly T[]>
}

/** One object of a resource: as it lies in the cache, or made now. Undefined where there is none. Rejects with StatusError. */
export async function entryOf<T extends KubeObject>(
  resource: Resource<T>,
  namespace: string,
  name: string,
): Promise<Entry<T> | undefined> {
  const { computed } = resource
  if (!computed) return resource.cacher.get(resource.key(namespace, name))
  return made(resource, await computed.get(namespace, name))
}

/** All objects that are selected, made now. They come in one page: there is no state to go on from. */
export async function listComputed<T extends KubeObject>(
  resource: Resource<T>,
  computed: ComputedObjects<T>,
  namespace: string,
  { labels = everything, fields = everyField }: ListOptions,
): Promise<ListResult<T>> {
  const objects = await computed.list(namespace, labels)
  const selected = objects.filter(({ metadata: { namespace, name } }) =>
    fields.matches(field => (field === 'metadata.name' ? name : field === 'metadata.namespace' ? namespace : '') ?? ''),
  )
  const entries = selected.map(object => made(resource, object))
  return { entries, resourceVersion: resource.deps.feed.revision }
}

function made<T extends KubeObject>(resource: Resource<T>, object: T): Entry<T> {
  const { namespace = '', name = '' } = object.metadata
  return new Entry<T>(resource.key(namespace, name), undefined, encodeStored(object), object)
}
