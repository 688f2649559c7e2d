import { configMap } from '../../api/core/configmap.ts'
import { podReferences } from '../../api/core/pod/references.ts'
import type { Pod } from '../../api/core/pod.ts'
import { secret } from '../../api/core/secret.ts'
import type { Clock } from '../../apimachinery/clock.ts'
import { notFound } from '../../apimachinery/errors.ts'
import type { Random } from '../../apimachinery/random.ts'
import type { Kind, KindOf, KubeObject } from '../../apimachinery/schema/kind.ts'
import type { Client } from '../../client/client.ts'
import { Informer } from '../../client/informer.ts'
import { uidOf } from '../pods/pod.ts'
import type { ConfigObjects } from './objects.ts'

interface Watched {
  readonly informer: Informer<KubeObject>
  readonly ended: AbortController
  readonly users: Map<string, Pod>
}

/**
 * The ConfigMaps and Secrets that the node's pods name, each watched by itself for as long as a pod names it, which is
 * all that a node may read of them (upstream pkg/kubelet/util/manager).
 */
export class WatchedConfigObjects implements ConfigObjects {
  readonly #client: Client
  readonly #clock: Clock
  readonly #random: Random
  readonly #onChange: (pod: Pod) => void
  readonly #watched = new Map<string, Watched>()

  /** `onChange` is told of each pod that names an object when that object changes. */
  constructor(client: Client, clock: Clock, random: Random, onChange: (pod: Pod) => void) {
    this.#client = client
    this.#clock = clock
    this.#random = random
    this.#onChange = onChange
  }

  configMap(namespace: string, name: string) {
    return this.#get(configMap, namespace, name)
  }
  secret(namespace: string, name: string) {
    return this.#get(secret, namespace, name)
  }

  /** Begins to watch all that a pod names, and only that. */
  hold(pod: Pod): void {
    const { configMaps, secrets } = podReferences(pod.metadata.name ?? '', pod.spec)
    const namespace = pod.metadata.namespace ?? ''
    const keys = new Set<string>()
    const add = (kind: Kind, name: string) => {
      const key = keyFor(kind, namespace, name)
      keys.add(key)
      const watched = this.#watched.get(key) ?? this.#watch(kind, namespace, name)
      watched.users.set(uidOf(pod), pod)
    }
    for (const name of configMaps) add(configMap as unknown as Kind, name)
    for (const name of secrets) add(secret as unknown as Kind, name)
    this.#leave(uidOf(pod), keys)
  }

  release(pod: Pod): void {
    this.#leave(uidOf(pod), new Set())
  }

  close(): void {
    for (const { ended } of this.#watched.values()) ended.abort()
    this.#watched.clear()
  }

  #leave(uid: string, except: ReadonlySet<string>): void {
    for (const [key, { users, ended }] of this.#watched) {
      if (except.has(key) || !users.delete(uid) || users.size > 0) continue
      ended.abort()
      this.#watched.delete(key)
    }
  }

  #watch(kind: Kind, namespace: string, name: string): Watched {
    const options = { namespace, fieldSelector: `metadata.name=${name}` }
    const informer = new Informer(kind, this.#client, this.#clock, this.#random, options)
    const watched: Watched = { informer, ended: new AbortController(), users: new Map() }
    this.#watched.set(keyFor(kind, namespace, name), watched)
    informer.onChange(() => {
      for (const pod of watched.users.values()) this.#onChange(pod)
    })
    informer.start(watched.ended.signal)
    return watched
  }

  async #get<T extends KubeObject, I>(kind: Kind<T, I>, namespace: string, name: string): Promise<T> {
    const watched = this.#watched.get(keyFor(kind as unknown as Kind, namespace, name))
    if (!watched) return (await this.#client.get(kind, { namespace, name })) as KindOf<typeof kind>
    await watched.informer.whenSynced()
    const object = watched.informer.get(`${namespace}/${name}`)
    if (!object) throw notFound({ group: kind.group, plural: kind.singular }, name)
    return object as T
  }
}

const keyFor = (kind: Kind, namespace: string, name: string) => `${kind.plural} ${namespace}/${name}`
