import type { Pod } from '../../api/core/pod.ts'
import { parseSelector, type Selector } from '../../apimachinery/labels.ts'
import { splitKey } from '../../client/informer.ts'

/** Why the pods of a target cannot be told, as the condition ScalingActive and an event say it. */
export class SelectorError extends Error {
  override readonly name = 'SelectorError'
  readonly reason: string
  /** What the condition says, where that is not what the event does. */
  readonly condition: { readonly reason: string; readonly message: string }

  constructor(reason: string, message: string, condition = { reason, message }) {
    super(message)
    this.reason = reason
    this.condition = condition
  }
}

/** Which pods autoscalers were last found to scale by: no pod may have two (upstream hpaSelectors). */
export class HpaSelectors {
  readonly #known = new Map<string, Selector>()

  forget(key: string): void {
    this.#known.delete(key)
  }

  /**
   * Reads the selector of a target, and which of these pods it takes. `key`: the autoscaler's. Throws SelectorError, also
   * where another autoscaler takes one of them.
   */
  select(key: string, text: string | undefined, pods: readonly Pod[]): { selector: Selector; pods: Pod[] } {
    if (!text) {
      const message = "the HPA target's scale is missing a selector"
      throw new SelectorError('SelectorRequired', 'selector is required', { reason: 'InvalidSelector', message })
    }
    const selector = parsed(text)
    this.#known.set(key, selector)
    const selected = pods.filter(({ metadata }) => selector.matches(metadata.labels))
    const keys = this.#keysFor(splitKey(key).namespace, selected)
    if (keys.length > 1) {
      const message = `pods by selector ${text} are controlled by multiple HPAs: [${keys.join(' ')}]`
      throw new SelectorError('AmbiguousSelector', message)
    }
    return { selector, pods: selected }
  }

  #keysFor(namespace: string, pods: readonly Pod[]): string[] {
    const keys: string[] = []
    for (const [key, selector] of this.#known) {
      if (splitKey(key).namespace !== namespace) continue
      if (pods.some(({ metadata }) => selector.matches(metadata.labels))) keys.push(key)
    }
    return keys.sort()
  }
}

function parsed(text: string): Selector {
  try {
    return parseSelector(text)
  } catch (error) {
    const why = (error as Error).message
    throw new SelectorError(
      'InvalidSelector',
      `couldn't convert selector into a corresponding internal selector object: ${why}`,
    )
  }
}
