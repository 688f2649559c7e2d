import { StatusError } from '../../apimachinery/errors.ts'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import type { Decisions } from '../../client/decisions.ts'
import type { RequestContext } from '../request.ts'

/** A write on its way to the store, as admission sees it. */
export interface AdmissionAttributes {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'
  readonly kind: Kind
  readonly namespace: string
  readonly name: string
  readonly subresource: string
  /** What `object` is, where a subresource has a kind of its own: Eviction, Binding, PodExecOptions. */
  readonly subresourceKind?: Kind
  /** The new object; undefined for DELETE. Mutating plugins may change it in place. */
  readonly object: KubeObject | undefined
  /** The object as it is now; undefined for CREATE. */
  readonly oldObject: KubeObject | undefined
  readonly context: RequestContext
}

/** One request's way through the plugins. It is gone a second time where a plugin has seen an object that was changed later. */
export interface Round {
  /** Whether this is the second time. */
  readonly second: boolean
  wantsSecond: boolean
  /** Asked when all plugins have had their turn: whether there is to be a second. */
  readonly checkAtEnd: (() => boolean)[]
}

/** One admission plugin. Either half may be missing. Refuses by throwing a StatusError. */
export interface AdmissionPlugin {
  readonly name: string
  handles(attributes: AdmissionAttributes): boolean
  admit?(attributes: AdmissionAttributes, round: Round): void | Promise<void>
  validate?(attributes: AdmissionAttributes): void | Promise<void>
}

/** The plugins in their order: all mutating halves first, then, on the final object, all validating ones. */
export class AdmissionChain {
  readonly plugins: AdmissionPlugin[]
  readonly #decisions: Decisions | undefined

  /** `decisions`: where refusals are written down. */
  constructor(plugins: AdmissionPlugin[] = [], decisions?: Decisions) {
    this.plugins = plugins
    this.#decisions = decisions
  }

  async admit(attributes: AdmissionAttributes): Promise<void> {
    const round = { second: false, wantsSecond: false, checkAtEnd: [] as (() => boolean)[] }
    await this.#admit(attributes, round)
    if (!round.wantsSecond && !round.checkAtEnd.some(check => check())) return
    round.second = true
    await this.#admit(attributes, round)
  }

  async #admit(attributes: AdmissionAttributes, round: Round): Promise<void> {
    for (const plugin of this.plugins) {
      if (!plugin.admit || !plugin.handles(attributes)) continue
      try {
        const wait = plugin.admit(attributes, round)
        if (wait) await wait
      } catch (error) {
        this.#denied(plugin, attributes, error)
        throw error
      }
    }
  }

  async validate(attributes: AdmissionAttributes): Promise<void> {
    for (const plugin of this.plugins) {
      if (!plugin.validate || !plugin.handles(attributes)) continue
      try {
        const wait = plugin.validate(attributes)
        if (wait) await wait
      } catch (error) {
        this.#denied(plugin, attributes, error)
        throw error
      }
    }
    const { object, kind, namespace, subresource } = attributes
    if (object && !subresource) this.#decisions?.admitted(object, kind.plural, namespace)
  }

  #denied(plugin: AdmissionPlugin, attributes: AdmissionAttributes, error: unknown): void {
    const { object, oldObject, operation, kind, namespace, name, context } = attributes
    const about = object ?? oldObject
    if (!about?.metadata || !(error instanceof StatusError)) return
    const given = name || about.metadata.name || about.metadata.generateName || ''
    const { message } = error
    const what = {
      plugin: plugin.name,
      message,
      operation,
      resource: kind.plural,
      name: given,
      user: context.user.name,
    }
    this.#decisions?.denied(what, about, namespace)
  }
}
