import type { Pod } from '../api/core/pod.ts'
import type { Diagnosis } from './diagnosis.ts'
import type { Extender } from './extender.ts'
import {
  type ClusterEvent,
  type EventSubject,
  EXTENDER,
  type Plugin,
  type PluginContext,
  type Rejection,
} from './framework.ts'
import type { PodFilter } from './pod-filter.ts'
import type { PodInfo } from './pod-info.ts'
import type { PostFilterResult } from './post-filter.ts'

/** The points of scheduling at which plugins work (upstream's extension points). */
export const POINTS = [
  'preEnqueue',
  'queueSort',
  'preFilter',
  'filter',
  'postFilter',
  'preScore',
  'score',
  'reserve',
  'permit',
  'preBind',
  'bind',
  'postBind',
] as const
export type Point = (typeof POINTS)[number]

/** Something for each point. */
export function byPoint<T>(make: (point: Point) => T): Record<Point, T> {
  return Object.fromEntries(POINTS.map(point => [point, make(point)] as const)) as unknown as Record<Point, T>
}

/** The methods of a plugin at a point; one of them makes it work there. */
const METHODS: Readonly<Record<Point, readonly (keyof Plugin)[]>> = {
  preEnqueue: ['preEnqueue'],
  queueSort: ['order'],
  preFilter: ['preFilter'],
  filter: ['filter', 'filterTopology', 'withPod', 'explain'],
  postFilter: ['postFilter'],
  preScore: ['preScore'],
  score: ['score', 'scoreTopology', 'normalize'],
  reserve: ['reserve', 'unreserve'],
  permit: ['permit'],
  preBind: ['preBind'],
  bind: ['bind'],
  postBind: ['postBind'],
}

export interface WeightedPlugin {
  readonly plugin: Plugin
  /** How much its scores count. */
  readonly weight: number
}

/** A scheduler's name and its plugins, at each point in the order they are asked. */
export class Profile {
  readonly name: string
  /** Those that look at pods and nodes, cut down to the points they are wanted at. */
  readonly filters: readonly Plugin[]
  readonly scorers: readonly WeightedPlugin[]
  /** All that take part in the decision: what they see in a pod makes its signature. */
  readonly deciders: readonly Plugin[]
  readonly #at: Readonly<Record<Point, readonly Plugin[]>>
  readonly #byName: ReadonlyMap<string, Plugin>

  /** Whether a plugin has something to do at a point. */
  static works(plugin: Plugin, point: Point): boolean {
    return METHODS[point].some(method => plugin[method] !== undefined)
  }

  constructor(name: string, points: Readonly<Record<Point, readonly WeightedPlugin[]>>) {
    this.name = name
    const cut = (plugin: Plugin): Plugin => {
      const away = POINTS.filter(point => !points[point].some(other => other.plugin === plugin))
      const methods = away.flatMap(point => METHODS[point])
      return methods.length === 0 ? plugin : { ...plugin, ...Object.fromEntries(methods.map(m => [m, undefined])) }
    }
    const all = new Set(POINTS.flatMap(point => points[point].map(({ plugin }) => plugin)))
    const wanted = new Map([...all].map(plugin => [plugin, cut(plugin)]))
    this.#at = byPoint(point => points[point].map(({ plugin }) => wanted.get(plugin)!))
    this.#byName = new Map([...wanted.values()].map(plugin => [plugin.name, plugin]))
    this.filters = [...new Set([...this.#at.filter, ...this.#at.preFilter])]
    this.scorers = points.score.map(({ plugin, weight }) => ({ plugin: wanted.get(plugin)!, weight }))
    this.deciders = [...new Set([...this.filters, ...this.scorers.map(({ plugin }) => plugin)])]
  }

  order(a: PodInfo, b: PodInfo): number {
    return this.#at.queueSort[0]?.order?.(a, b) ?? 0
  }

  /** Whether a pod is kept out of the queue, and by which plugin. */
  preEnqueue(pod: Pod): string | undefined {
    return this.#at.preEnqueue.find(gate => gate.preEnqueue!(pod))?.name
  }

  /** Asks those who can make room, until one has. What the others say is told one after the other. */
  postFilter(
    pod: PodInfo,
    filter: PodFilter | undefined,
    diagnosis: Diagnosis,
    context: PluginContext,
  ): PostFilterResult | undefined {
    let all: PostFilterResult | undefined
    for (const plugin of this.#at.postFilter) {
      const result = plugin.postFilter!(pod, filter, diagnosis, context)
      if (result.nominatedNodeName) return result
      const message = [all?.message, result.message].filter(Boolean).join(', ')
      all = { ...all, ...result, ...(message && { message }) }
      if (result.final) break
    }
    return all
  }

  /** The events that some plugin waits for. */
  get events(): ReadonlySet<ClusterEvent> {
    const hints = [...this.#byName.values()].flatMap(({ requeueOn = [] }) => requeueOn)
    return new Set(hints.map(hint => (typeof hint === 'object' ? hint.on : hint)))
  }

  /** Whether an event may make a pod schedulable that these plugins rejected. */
  worthRetry(pod: Pod, rejectedBy: ReadonlySet<string>, event: ClusterEvent, subject: EventSubject): boolean {
    if (rejectedBy.size === 0 || rejectedBy.has(EXTENDER)) return true
    for (const name of rejectedBy) {
      for (const hint of this.#byName.get(name)?.requeueOn ?? []) {
        if (hint === event) return true
        if (typeof hint === 'object' && hint.on === event && (hint.when?.(pod, subject) ?? true)) return true
      }
    }
    return false
  }

  /** Waits for every plugin that has something to do before the binding, then binds, or has an extender do it. */
  async bind(pod: PodInfo, nodeName: string, context: PluginContext, extender?: Extender): Promise<void> {
    for (const plugin of this.#at.permit) await plugin.permit!(pod, nodeName, context)
    for (const plugin of this.#at.preBind) await plugin.preBind!(pod, nodeName, context)
    if (extender) await extender.bind(pod.pod, nodeName)
    else for (const plugin of this.#at.bind) if ((await plugin.bind!(pod, nodeName, context)) !== 'skip') break
    for (const plugin of this.#at.postBind) plugin.postBind!(pod, nodeName, context)
  }

  reserve(
    pod: PodInfo,
    nodeName: string,
    context: PluginContext,
  ): { plugin: Plugin; rejection: Rejection } | undefined {
    for (const plugin of this.#at.reserve) {
      const rejection = plugin.reserve?.(pod, nodeName, context)
      if (rejection) {
        this.unreserve(pod, nodeName, context)
        return { plugin, rejection }
      }
    }
    return undefined
  }

  unreserve(pod: PodInfo, nodeName: string, context: PluginContext): void {
    for (const plugin of this.#at.reserve.toReversed()) plugin.unreserve?.(pod, nodeName, context)
  }
}
