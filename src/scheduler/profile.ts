import type { Pod } from '../api/core/pod.ts'
import type { ClusterEvent, EventSubject, Plugin, PluginContext, Rejection } from './framework.ts'
import type { PodInfo } from './pod-info.ts'
import type { PostFilter } from './post-filter.ts'

export interface WeightedPlugin {
  readonly plugin: Plugin
  /** How much its scores count. */
  readonly weight?: number
}

/** A scheduler's name and its plugins, in the order they are asked. */
export class Profile {
  readonly name: string
  readonly plugins: readonly Plugin[]
  readonly weights: readonly number[]
  readonly postFilter: PostFilter | undefined
  readonly #order: (a: PodInfo, b: PodInfo) => number
  readonly #gates: readonly Plugin[]
  readonly #byName: ReadonlyMap<string, Plugin>

  constructor(name: string, plugins: readonly (Plugin | WeightedPlugin)[], postFilter?: PostFilter) {
    this.name = name
    const weighted = plugins.map(p => ('plugin' in p ? p : { plugin: p }))
    this.plugins = weighted.map(({ plugin }) => plugin)
    this.weights = weighted.map(({ weight = 1 }) => weight)
    this.postFilter = postFilter
    const sorter = this.plugins.find(plugin => plugin.order)
    this.#order = sorter ? (a, b) => sorter.order!(a, b) : () => 0
    this.#gates = this.plugins.filter(plugin => plugin.preEnqueue)
    this.#byName = new Map(this.plugins.map(plugin => [plugin.name, plugin]))
  }

  order(a: PodInfo, b: PodInfo): number {
    return this.#order(a, b)
  }

  preEnqueue(pod: Pod): Rejection | undefined {
    for (const gate of this.#gates) {
      const rejection = gate.preEnqueue!(pod)
      if (rejection) return rejection
    }
    return undefined
  }

  /** Whether an event may make a pod schedulable that these plugins rejected. */
  worthRetry(pod: Pod, rejectedBy: ReadonlySet<string>, event: ClusterEvent, subject: EventSubject): boolean {
    if (rejectedBy.size === 0) return true
    for (const name of rejectedBy) {
      for (const hint of this.#byName.get(name)?.requeueOn ?? []) {
        if (hint === event) return true
        if (typeof hint === 'object' && hint.on === event && (hint.when?.(pod, subject) ?? true)) return true
      }
    }
    return false
  }

  /** Waits for every plugin that has something to do before the binding, then binds. */
  async bind(pod: PodInfo, nodeName: string, context: PluginContext): Promise<void> {
    for (const plugin of this.plugins) await plugin.permit?.(pod, nodeName, context)
    for (const plugin of this.plugins) if (plugin.preBind) await plugin.preBind(pod, nodeName, context)
    await this.plugins.find(plugin => plugin.bind)!.bind!(pod, nodeName, context)
    for (const plugin of this.plugins) plugin.postBind?.(pod, nodeName, context)
  }

  reserve(
    pod: PodInfo,
    nodeName: string,
    context: PluginContext,
  ): { plugin: Plugin; rejection: Rejection } | undefined {
    for (const plugin of this.plugins) {
      const rejection = plugin.reserve?.(pod, nodeName, context)
      if (rejection) {
        this.unreserve(pod, nodeName, context)
        return { plugin, rejection }
      }
    }
    return undefined
  }

  unreserve(pod: PodInfo, nodeName: string, context: PluginContext): void {
    for (let i = this.plugins.length - 1; i >= 0; i--) this.plugins[i]!.unreserve?.(pod, nodeName, context)
  }
}
