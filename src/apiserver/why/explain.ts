import type { Cause } from '../../api/why/explanation.ts'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import type { ApiServer } from '../apiserver.ts'

/** In what state an object is, and what holds it back. */
export interface Explained {
  readonly summary: string
  readonly causes: readonly Cause[]
}

/** What explainers read. */
export class Why {
  readonly server: ApiServer

  constructor(server: ApiServer) {
    this.server = server
  }

  get now(): number {
    return this.server.clock.now()
  }

  get<T extends KubeObject, I>(kind: Kind<T, I>, namespace: string, name: string): T | undefined {
    const resource = this.server.resources.of(kind)
    return resource.cacher.get(resource.key(namespace, name))?.object
  }

  /** The objects of a namespace. */
  list<T extends KubeObject, I>(kind: Kind<T, I>, namespace: string): T[] {
    const resource = this.server.resources.of(kind)
    return [...resource.cacher.scan(namespace ? `${namespace}/` : '')].map(({ object }) => object)
  }
}

/** States what holds objects of a kind back. */
export interface Explainer<T extends KubeObject = KubeObject> {
  readonly kind: Kind<T>
  explain(object: T, why: Why): Explained
}

export const explainer = <T extends KubeObject, I>(kind: Kind<T, I>, explain: Explainer<T>['explain']): Explainer =>
  ({ kind, explain }) as unknown as Explainer

/** An object as causes name it. */
export const objectOf = ({ apiVersion, kind, metadata: { namespace, name = '', uid } }: KubeObject) => ({
  apiVersion,
  kind,
  name,
  ...(namespace && { namespace }),
  ...(uid && { uid }),
})

/** The causes of another object's state, as causes of one that depends on it. */
export const because = (object: KubeObject, causes: readonly Cause[]): Cause[] =>
  causes.map(cause => ({ ...cause, object: cause.object ?? objectOf(object) }))
