import { CustomObjectsApi, type KubeConfig } from '@kubernetes/client-node'
import { codeOf, messageOf, passing } from './controller.ts'
import { GROUP, MOST_COPIES, TOO_MANY, type Widget, widgetIn } from './kind.ts'
import type { Weather } from './weather.ts'

const VERSIONS = ['v1', 'v1alpha1']

/**
 * Creates, changes and deletes Widgets of its own, now in one version, now in the other, and does not give up: what fails is
 * tried again when the weather has changed.
 */
export class WidgetWriter {
  /** What there must be in the end, by name. */
  readonly wanted = new Map<string, Widget['spec']>()
  /** Why requests failed. */
  readonly failures = new Set<string>()
  readonly #custom: CustomObjectsApi
  readonly #weather: Weather
  readonly #index: number

  constructor(index: number, config: KubeConfig, weather: Weather) {
    this.#index = index
    this.#custom = config.makeApiClient(CustomObjectsApi)
    this.#weather = weather
  }

  /** Makes `count` Widgets, changes two thirds of them twice, and deletes a quarter of them. */
  async write(round: string, count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const name = `writer${this.#index}-${round}-${i}`
      const [first, second] = (this.#index + i) % 2 ? VERSIONS : [...VERSIONS].reverse()
      await this.#create(first!, name, { text: `${round}${i}`, copies: i % (MOST_COPIES + 1) })
      if (i % 3) {
        await this.#change(second!, name, { text: `${round}${i}-changed`, copies: 1 })
        await this.#change(first!, name, { text: `${round}${i}-again`, copies: 2 })
      }
      if (i % 4 === 3) await this.#delete(second!, name)
    }
  }

  #target = (version: string, name: string) => ({
    group: GROUP,
    version,
    plural: 'widgets',
    namespace: 'default',
    name,
  })

  async #create(version: string, name: string, spec: Widget['spec']): Promise<void> {
    const body = widgetIn(version, name, spec)
    await this.#insist(() => this.#custom.createNamespacedCustomObject({ ...this.#target(version, name), body }), 409)
    this.wanted.set(name, spec)
  }

  async #change(version: string, name: string, spec: Widget['spec']): Promise<void> {
    const target = this.#target(version, name)
    await this.#insist(async () => {
      const { metadata } = (await this.#custom.getNamespacedCustomObject(target)) as Widget
      await this.#custom.replaceNamespacedCustomObject({
        ...target,
        body: { ...widgetIn(version, name, spec), metadata },
      })
    })
    this.wanted.set(name, spec)
  }

  async #delete(version: string, name: string): Promise<void> {
    await this.#insist(() => this.#custom.deleteNamespacedCustomObject(this.#target(version, name)), 404)
    this.wanted.delete(name)
  }

  /** Tries until it succeeds, or fails with `done`: an earlier try has succeeded after all. */
  async #insist(call: () => Promise<unknown>, done = 0): Promise<void> {
    for (;;) {
      const change = this.#weather.changed()
      try {
        await call()
        return
      } catch (error) {
        if (codeOf(error) === done) return
        if (passing(error)) continue
        this.failures.add(messageOf(error))
        await change
      }
    }
  }

  /** Asks for more than may be. Resolves to why it is refused. */
  async overreach(): Promise<string> {
    const name = `writer${this.#index}-greedy`
    const body = widgetIn('v1alpha1', name, { text: 'x', copies: MOST_COPIES + 1 })
    return this.#custom.createNamespacedCustomObject({ ...this.#target('v1alpha1', name), body }).then(
      () => `not refused, though ${TOO_MANY}`,
      error => messageOf(error),
    )
  }
}
