import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import type { ReconcileContext } from '../../client/controller.ts'
import type { ChangeHandler } from '../../client/informer.ts'

interface Watched {
  readonly kind: Kind
  readonly stop: () => void
}

/** Kinds that come and go; their objects are watched while they are there. Those of one source come and go under its name. */
export class WatchedKinds {
  readonly #context: ReconcileContext
  readonly #changed: (kind: Kind) => ChangeHandler<KubeObject>
  readonly #bySource = new Map<string, readonly Watched[]>()

  /** `changed` makes what is told of changes of a kind's objects. */
  constructor(context: ReconcileContext, changed: (kind: Kind) => ChangeHandler<KubeObject>) {
    this.#context = context
    this.#changed = changed
  }

  get kinds(): Kind[] {
    return [...this.#bySource.values()].flatMap(watched => watched.map(({ kind }) => kind))
  }

  /** Whether all objects have been listed. */
  get synced(): boolean {
    return this.kinds.every(kind => this.#context.informer(kind).synced)
  }

  async whenSynced(): Promise<void> {
    await Promise.all(this.kinds.map(kind => this.#context.informer(kind).whenSynced()))
  }

  of(source: string): readonly Kind[] {
    return (this.#bySource.get(source) ?? []).map(({ kind }) => kind)
  }

  /** The kinds of a source from now on, in place of those before, whose objects are told to be gone. */
  replace(source: string, kinds: readonly Kind[]): void {
    for (const { stop } of this.#bySource.get(source) ?? []) stop()
    if (kinds.length === 0) this.#bySource.delete(source)
    else
      this.#bySource.set(
        source,
        kinds.map(kind => this.#watch(kind)),
      )
  }

  #watch(kind: Kind): Watched {
    const informer = this.#context.informer(kind)
    const changed = this.#changed(kind)
    const unsubscribe = informer.onChange(changed)
    const stop = () => {
      unsubscribe()
      // Whatever there was of it is gone, or is told anew.
      for (const object of informer.list()) changed(undefined, object)
      this.#context.forget(kind)
    }
    return { kind, stop }
  }
}
