import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import type { RequestContext } from '../request.ts'

/** A write on its way to the store, as admission sees it. */
export interface AdmissionAttributes {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'
  readonly kind: Kind
  readonly namespace: string
  readonly name: string
  readonly subresource: string
  /** The new object; undefined for DELETE. Mutating plugins may change it in place. */
  readonly object: KubeObject | undefined
  /** The object as it is now; undefined for CREATE. */
  readonly oldObject: KubeObject | undefined
  readonly context: RequestContext
}

/** One admission plugin. Either half may be missing. Refuses by throwing a StatusError. */
export interface AdmissionPlugin {
  readonly name: string
  handles(attributes: AdmissionAttributes): boolean
  admit?(attributes: AdmissionAttributes): void | Promise<void>
  validate?(attributes: AdmissionAttributes): void | Promise<void>
}

/** The plugins in their order: all mutating halves first, then, on the final object, all validating ones. */
export class AdmissionChain {
  readonly plugins: AdmissionPlugin[]

  constructor(plugins: AdmissionPlugin[] = []) {
    this.plugins = plugins
  }

  async admit(attributes: AdmissionAttributes): Promise<void> {
    for (const plugin of this.plugins) {
      if (!plugin.admit || !plugin.handles(attributes)) continue
      const wait = plugin.admit(attributes)
      if (wait) await wait
    }
  }

  async validate(attributes: AdmissionAttributes): Promise<void> {
    for (const plugin of this.plugins) {
      if (!plugin.validate || !plugin.handles(attributes)) continue
      const wait = plugin.validate(attributes)
      if (wait) await wait
    }
  }
}
