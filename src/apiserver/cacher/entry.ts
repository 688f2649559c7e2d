import { deepFreeze } from '../../apimachinery/json.ts'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import { decodeStored, withRevision } from './codec.ts'

/**
 * One object at one revision: its JSON bytes and its frozen value, each made at most once and shared by every reader.
 * Nobody may change either.
 */
export class Entry<T extends KubeObject = KubeObject> {
  readonly key: string
  /** Undefined in answers to dry-run creates, which never got one. */
  readonly #revision: number | undefined
  readonly #stored: Uint8Array
  #bytes: Buffer | undefined
  #object: T | undefined
  #views: WeakMap<Kind, { object: KubeObject; bytes?: Buffer }> | undefined

  constructor(key: string, revision: number | undefined, stored: Uint8Array, object?: T) {
    this.key = key
    this.#revision = revision
    this.#stored = stored
    this.#object = object
  }

  /** The revision the object was written at; 0 where it was not written. */
  get revision(): number {
    return this.#revision ?? 0
  }

  /** The bytes as they came from the store. */
  get stored(): Uint8Array {
    return this.#stored
  }

  /** JSON as clients get it. */
  get bytes(): Buffer {
    this.#bytes ??= withRevision(this.#stored, this.#revision)
    return this.#bytes
  }

  get object(): T {
    this.#object ??= decodeStored<T>(this.bytes)
    return this.#object
  }

  /** The same state under another revision: how an object that left a watch's selection is shown there. */
  at(revision: number): Entry<T> {
    return new Entry<T>(this.key, revision, this.#stored)
  }

  hasView(kind: Kind): boolean {
    return this.#views?.has(kind) ?? false
  }

  /** The object as another version of its kind, converted once. */
  view<V extends KubeObject>(kind: Kind, convert: (object: T) => V): V {
    this.#views ??= new WeakMap()
    let view = this.#views.get(kind)
    if (!view) {
      view = { object: deepFreeze(convert(this.object)) }
      this.#views.set(kind, view)
    }
    return view.object as V
  }

  /** JSON bytes of `view`. */
  viewBytes(kind: Kind, convert: (object: T) => KubeObject): Buffer {
    this.view(kind, convert)
    const view = this.#views!.get(kind)!
    view.bytes ??= view.object === (this.#object as KubeObject) ? this.bytes : Buffer.from(JSON.stringify(view.object))
    return view.bytes
  }
}
