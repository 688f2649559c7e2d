import type { Classified } from './match.ts'

type Watched = Pick<Classified, 'group' | 'resource' | 'namespace'> & { readonly name: string }

/** Counts watches by what they are about, to tell how many a change will be sent to (upstream watch_tracker.go). */
export class WatchTracker {
  readonly #counts = new Map<string, number>()

  /** Counts a watch until the returned function is called. `nodeName`: the node whose pods alone it is about. */
  add(watched: Watched, nodeName: string | undefined): () => void {
    // Each such watch sees only changes of one node's pods.
    if (nodeName && watched.resource === 'pods') return () => {}
    const key = keyOf(watched)
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
    return () => {
      const left = this.#counts.get(key)! - 1
      if (left > 0) this.#counts.set(key, left)
      else this.#counts.delete(key)
    }
  }

  /** How many watches a change of this object concerns. */
  interestedIn(changed: Watched): number {
    if (this.#counts.size === 0) return 0
    const { namespace, name } = changed
    const about = [{ ...changed, namespace: '', name: '' }]
    if (namespace) about.push({ ...changed, name: '' })
    if (name) about.push(changed)
    return about.reduce((sum, watched) => sum + (this.#counts.get(keyOf(watched)) ?? 0), 0)
  }
}

const keyOf = ({ group, resource, namespace, name }: Watched) => `${group}/${resource}/${namespace}/${name}`
