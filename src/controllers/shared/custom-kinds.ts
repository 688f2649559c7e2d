import { clientKind } from '../../api/apiextensions/client-kind.ts'
import { type CustomResourceDefinition, customResourceDefinition } from '../../api/apiextensions/index.ts'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import type { ReconcileContext } from '../../client/controller.ts'
import type { ChangeHandler } from '../../client/informer.ts'

/** What controllers that look after objects of all kinds may do, custom resources included. */
export const ANY_KIND = { group: '*', plural: '*' } as Kind

/** The custom resources that are served now, as their definitions tell; their objects are watched while they are. */
export class CustomKinds {
  readonly #context: ReconcileContext
  readonly #changed: (kind: Kind) => ChangeHandler<KubeObject>
  readonly #byName = new Map<string, { kind: Kind; stop: () => void }>()

  /** `changed` makes what is told of changes of a kind's objects. */
  constructor(context: ReconcileContext, changed: (kind: Kind) => ChangeHandler<KubeObject>) {
    this.#context = context
    this.#changed = changed
    context.informer(customResourceDefinition).onChange((crd, previous) => this.#take(crd, previous))
  }

  get kinds(): Kind[] {
    return [...this.#byName.values()].map(({ kind }) => kind)
  }

  /** Whether all that is served has been listed. */
  get synced(): boolean {
    for (const { kind } of this.#byName.values()) if (!this.#context.informer(kind).synced) return false
    return true
  }

  async whenSynced(): Promise<void> {
    await Promise.all(this.kinds.map(kind => this.#context.informer(kind).whenSynced()))
  }

  #take(crd: CustomResourceDefinition | undefined, previous: CustomResourceDefinition | undefined): void {
    const name = (crd ?? previous)!.metadata.name!
    const before = this.#byName.get(name)
    const kind = crd && clientKind(crd)
    if (kind && before?.kind.apiVersion === kind.apiVersion && crd.metadata.uid === previous?.metadata.uid) return
    if (before) {
      before.stop()
      this.#byName.delete(name)
    }
    if (!kind) return
    const informer = this.#context.informer(kind)
    const changed = this.#changed(kind)
    const unsubscribe = informer.onChange(changed)
    const stop = () => {
      unsubscribe()
      // Whatever there was of it is gone, or is told anew.
      for (const object of informer.list()) changed(undefined, object)
      this.#context.forget(kind)
    }
    this.#byName.set(name, { kind, stop })
  }
}
