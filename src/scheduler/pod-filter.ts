import { type Explanation, OnlyNodes, type Plugin, type PluginContext, Rejection, skip } from './framework.ts'
import type { NodeInfo } from './node-info.ts'
import type { PodInfo } from './pod-info.ts'

/** One pod's filters, with what their preFilter worked out: asked for node after node. */
export class PodFilter {
  readonly pod: PodInfo
  readonly #plugins: readonly Plugin[]
  readonly #states: readonly unknown[]
  /** The only nodes to look at, and the plugins that said so. */
  readonly only: { readonly names: ReadonlySet<string>; readonly plugins: readonly string[] } | undefined

  private constructor(pod: PodInfo, plugins: readonly Plugin[], states: readonly unknown[], only: PodFilter['only']) {
    this.pod = pod
    this.#plugins = plugins
    this.#states = states
    this.only = only
  }

  /** Runs every preFilter. Answers with the plugin that rejects the pod altogether, if one does. */
  static of(
    pod: PodInfo,
    plugins: readonly Plugin[],
    context: PluginContext,
  ): PodFilter | { readonly plugin: string; readonly rejection: Rejection } {
    const asked: Plugin[] = []
    const states: unknown[] = []
    let names: ReadonlySet<string> | undefined
    const restricting: string[] = []
    for (const plugin of plugins) {
      let state = plugin.preFilter?.(pod, context)
      if (state === skip) continue
      if (state instanceof Rejection) return { plugin: plugin.name, rejection: state }
      if (state instanceof OnlyNodes) {
        const { names: more } = state
        names = names ? new Set([...names].filter(name => more.has(name))) : more
        restricting.push(plugin.name)
        state = state.state
      }
      if (!plugin.filter) continue
      asked.push(plugin)
      states.push(state)
    }
    const only = names && { names, plugins: restricting }
    return new PodFilter(pod, asked, states, only)
  }

  /** The first plugin that says no, and why; undefined when the pod fits. */
  check(node: NodeInfo): { readonly plugin: string; readonly rejection: Rejection } | undefined {
    const plugins = this.#plugins
    for (let i = 0; i < plugins.length; i++) {
      const rejection = plugins[i]!.filter!(this.#states[i], node, this.pod)
      if (rejection) return { plugin: plugins[i]!.name, rejection }
    }
    return undefined
  }

  /** What a plugin that rejected a node has to say about it. */
  explain(name: string, node: NodeInfo): Explanation | undefined {
    const i = this.#plugins.findIndex(plugin => plugin.name === name)
    return this.#plugins[i]?.explain?.(this.#states[i], node, this.pod)
  }

  /** The labels by whose values topology tells nodes apart. */
  get topologyKeys(): string[] {
    return this.#plugins.flatMap((plugin, i) => plugin.filterTopology?.(this.#states[i]) ?? [])
  }

  /** Whether topology allows a node, and all that have the same values of `topologyKeys`. */
  allowsTopology(node: NodeInfo): boolean {
    return !this.#plugins.some(
      (plugin, i) => plugin.filterTopology && plugin.filter!(this.#states[i], node, this.pod) !== undefined,
    )
  }

  /** The filter as it were with a pod more or less on a node. The node itself is the caller's to change. */
  withPod(changed: PodInfo, node: NodeInfo, change: 1 | -1): PodFilter {
    const states = this.#plugins.map((plugin, i) =>
      plugin.withPod ? plugin.withPod(this.#states[i], changed, node, change, this.pod) : this.#states[i],
    )
    return new PodFilter(this.pod, this.#plugins, states, this.only)
  }
}
