import type { ResourceQuota } from '../../api/core/resourcequota.ts'
import { isAbout, usageOf } from '../../api/quota/evaluate.ts'
import { countsObject } from '../../api/quota/scopes.ts'
import { addUsage, exceeding, only, type Usage } from '../../api/quota/usage.ts'
import { conflict } from '../../apimachinery/errors.ts'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import type { ApiServer } from '../apiserver.ts'
import type { Resource } from '../registry/resource.ts'

/** An object that has been charged and is not there after so long, in milliseconds, was refused later on. */
const PATIENCE_MS = 30_000

interface Charge {
  readonly object: KubeObject
  readonly delta: Usage
  readonly until: number
}

/** What quotas have been charged for new objects that are still on their way into the store. */
export class Charges {
  readonly #server: ApiServer
  readonly #byQuota = new Map<string, Charge[]>()
  readonly #followed = new WeakSet<Resource>()

  constructor(server: ApiServer) {
    this.#server = server
  }

  /** Answers how to take the charge back. */
  note({ metadata }: ResourceQuota, kind: Kind, object: KubeObject, delta: Usage): () => void {
    const uid = metadata.uid!
    const resource = this.#server.resources.for(kind)
    const until = this.#server.clock.now() + PATIENCE_MS
    const charge = { object, delta, until }
    this.#byQuota.set(uid, [...this.#underWay(uid), charge])
    this.#follow(resource)
    return () => {
      const left = this.#underWay(uid).filter(other => other !== charge)
      this.#byQuota.set(uid, left)
    }
  }

  /**
   * Sees to it that nobody writes down less than is used: who counted before objects came in that have been charged has to
   * count again. Throws 409.
   */
  check(kind: Kind, quota: ResourceQuota, before: ResourceQuota): void {
    const { used = {} } = quota.status
    const names = Object.keys(used)
    const { used: old = {} } = before.status
    const grown = new Set(
      names.filter(name => old[name] !== undefined && exceeding(only(old, [name]), used).length === 0),
    )
    const fewer = names.filter(name => !grown.has(name))
    if (fewer.length === 0 || exceeding(this.#really(quota, fewer), used).length === 0) return
    throw conflict(kind, quota.metadata.name!, 'more is used by now than was counted; please count again')
  }

  /** What is there, and what is coming. */
  #really({ spec, metadata }: ResourceQuota, names: readonly string[]): Usage {
    const now = this.#server.clock.now()
    let used: Usage = {}
    for (const { kind, cacher } of this.#server.resources) {
      if (kind.scope !== 'Namespaced' || kind.storedAs || kind.virtual) continue
      const concerned = names.filter(name => isAbout(name, kind))
      if (concerned.length === 0) continue
      for (const { object } of cacher.scan(`${metadata.namespace}/`)) {
        if (countsObject(spec, object)) used = addUsage(used, only(usageOf(kind, object, now), concerned))
      }
    }
    for (const { delta } of this.#underWay(metadata.uid!)) used = addUsage(used, only(delta, names))
    return used
  }

  /** An object that has come into the store is under way no longer, also when it goes again soon. */
  #follow(resource: Resource): void {
    if (this.#followed.has(resource)) return
    this.#followed.add(resource)
    resource.cacher.listen(({ type, entry }) => {
      if (type !== 'ADDED' || this.#byQuota.size === 0) return
      const { uid } = entry.object.metadata
      for (const [quota, charges] of this.#byQuota) {
        const left = charges.filter(({ object }) => object.metadata.uid !== uid)
        if (left.length === charges.length) continue
        if (left.length > 0) this.#byQuota.set(quota, left)
        else this.#byQuota.delete(quota)
      }
    })
  }

  #underWay(uid: string): Charge[] {
    const now = this.#server.clock.now()
    const left = (this.#byQuota.get(uid) ?? []).filter(({ until }) => now < until)
    if (left.length > 0) this.#byQuota.set(uid, left)
    else this.#byQuota.delete(uid)
    return left
  }
}
