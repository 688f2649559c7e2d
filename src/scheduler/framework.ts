import type { Node } from '../api/core/node.ts'
import type { Pod } from '../api/core/pod.ts'
import type { Random } from '../apimachinery/random.ts'
import type { KubeObject } from '../apimachinery/schema/kind.ts'
import type { Client } from '../client/client.ts'
import type { EventRecorder } from '../client/event-recorder.ts'
import type { Cache } from './cache.ts'
import type { Diagnosis } from './diagnosis.ts'
import type { NodeInfo } from './node-info.ts'
import type { PodFilter } from './pod-filter.ts'
import type { PodInfo } from './pod-info.ts'
import type { NamespaceLabels } from './pod-terms.ts'
import type { PostFilterResult } from './post-filter.ts'

/** Why a pod cannot go to a node, or anywhere. `resolvable`: removing other pods might help. */
export class Rejection {
  readonly reasons: readonly string[]
  readonly resolvable: boolean

  constructor(reasons: readonly string[], resolvable: boolean) {
    this.reasons = reasons
    this.resolvable = resolvable
  }
}

/** A plugin has held a binding back for nothing: why, and which. */
export class Refused extends Error {
  readonly plugin: string

  constructor(plugin: string, message: string) {
    super(message)
    this.plugin = plugin
  }
}

/** Not now; it might be possible with fewer pods. */
export const unschedulable = (...reasons: string[]): Rejection => new Rejection(reasons, true)
/** Not whatever other pods do. */
export const unresolvable = (...reasons: string[]): Rejection => new Rejection(reasons, false)

/** What `preFilter` and `preScore` answer when the plugin has nothing to say about the pod. */
export const skip: unique symbol = Symbol('skip')
export type Skip = typeof skip

/** What `preFilter` answers when only these nodes need be looked at. */
export class OnlyNodes<F> {
  readonly names: ReadonlySet<string>
  readonly state: F

  constructor(names: ReadonlySet<string>, state: F) {
    this.names = names
    this.state = state
  }
}

/** Kinds besides pods and nodes on which plugins can depend, by upstream's names in lower case. */
export type WatchedKind =
  | 'persistentvolumeclaim'
  | 'persistentvolume'
  | 'storageclass'
  | 'csinode'
  | 'csidriver'
  | 'csistoragecapacity'
  | 'volumeattachment'
  | 'resourceclaim'
  | 'resourceslice'
  | 'deviceclass'
  | 'podgroup'

/** A change in the cluster that can make a pod schedulable that was not. */
export type ClusterEvent =
  | `${WatchedKind}/${'add' | 'update' | 'delete'}`
  | 'node/add'
  | 'node/allocatable'
  | 'node/labels'
  | 'node/taints'
  | 'node/unschedulable'
  | 'pod/queued'
  | 'pod/add'
  | 'pod/labels'
  | 'pod/delete'

/** The object an event is about. */
export interface EventSubject {
  readonly node?: Node
  readonly pod?: Pod
  /** Of another kind. */
  readonly object?: KubeObject
  /** The same before the change, if it was there. */
  readonly previous?: KubeObject
}

/** An event after which a pod that the plugin rejected is worth another try, if `when` says so. */
export interface Hint {
  readonly on: ClusterEvent
  when?(pod: Pod, subject: EventSubject): boolean
}

/** A rejection in full. */
export interface Explanation {
  /** What the plugin saw on the node. */
  readonly detail: string
  /** What would change its mind. */
  readonly remedy: string
}

/** Stands for a plugin's name where an extender said no: any event may change its mind. */
export const EXTENDER = 'Extender'

/** What plugins may look at and use. */
export interface PluginContext {
  readonly cache: Cache
  readonly client: Client
  readonly events: EventRecorder
  readonly random: Random
  readonly namespaceLabels: NamespaceLabels
  /** For what may take long and is not the scheduler's own work, as volumes that are being made: others are placed meanwhile. */
  waitFor<T>(work: Promise<T>): Promise<T>
  /** Has waiting pods tried again now, by their UIDs, whatever they wait for. */
  activate(uids: Iterable<string>): void
}

/**
 * A part of the scheduler's decision. All parts are optional. `F` is what preFilter works out for one pod and filter uses for
 * each node, `S` the same for preScore and score (upstream's scheduling framework).
 */
export interface Plugin<F = unknown, S = unknown> {
  readonly name: string
  readonly requeueOn?: readonly (ClusterEvent | Hint)[]
  /** Which of two pods goes first: negative for `a`. Only one plugin of a profile has it. */
  order?(a: PodInfo, b: PodInfo): number
  /**
   * What the plugin looks at in the pod, as JSON; null when nothing. Pods for which all plugins answer the same share their
   * results. Undefined (or no such method): this pod's result cannot be shared.
   */
  sign?(pod: PodInfo, context: PluginContext): unknown
  /** Keeps a pod out of the queue until it changes. */
  preEnqueue?(pod: Pod): Rejection | undefined
  preFilter?(pod: PodInfo, context: PluginContext): F | OnlyNodes<F> | Skip | Rejection
  filter?(state: F, node: NodeInfo, pod: PodInfo): Rejection | undefined
  /**
   * The node labels on whose values alone, besides counts that are kept up to date, `filter` depends: it need be asked only once
   * for all nodes that have the same values.
   */
  filterTopology?(state: F): readonly string[]
  /** What stands behind a rejection by `filter` on this node, and what would change it: for people. */
  explain?(state: F, node: NodeInfo, pod: PodInfo): Explanation
  /** The filter's state as it were with a pod more (1) or less (-1) on a node; for trying out preemption. */
  withPod?(state: F, changed: PodInfo, node: NodeInfo, change: 1 | -1, pod: PodInfo): F
  /** Makes room for a pod that fits nowhere, if it can. Without `filter` it was rejected before any node was looked at. */
  postFilter?(
    pod: PodInfo,
    filter: PodFilter | undefined,
    diagnosis: Diagnosis,
    context: PluginContext,
  ): PostFilterResult
  preScore?(pod: PodInfo, nodes: readonly NodeInfo[], context: PluginContext): S | Skip
  /** 0 to 100, or anything if `normalize` makes it so. */
  score?(state: S, node: NodeInfo, pod: PodInfo, context: PluginContext): number
  /** As `filterTopology`, for `score`. Plugins with `normalize` and without this must answer the same as long as nodes do not change. */
  scoreTopology?(state: S): readonly string[]
  normalize?(scores: number[], state: S, nodes: readonly NodeInfo[]): void
  reserve?(pod: PodInfo, nodeName: string, context: PluginContext): Rejection | undefined
  unreserve?(pod: PodInfo, nodeName: string, context: PluginContext): void
  /** Holds the binding back until the promise resolves; rejects to give it up, with Refused if the pod is to wait for an event. */
  permit?(pod: PodInfo, nodeName: string, context: PluginContext): Promise<void> | undefined
  preBind?(pod: PodInfo, nodeName: string, context: PluginContext): Promise<void>
  /** Binds the pod, or leaves it to the next (`skip`). */
  bind?(pod: PodInfo, nodeName: string, context: PluginContext): Promise<'bound' | 'skip'>
  postBind?(pod: PodInfo, nodeName: string, context: PluginContext): void
}

/** States a plugin. */
export const plugin = <F = undefined, S = undefined>(statement: Plugin<F, S>): Plugin => statement as unknown as Plugin

/** Brings scores to 0..100 by the largest; `reverse`: the smaller the better (upstream helper.DefaultNormalizeScore). */
export function normalizeByMax(scores: number[], reverse: boolean): void {
  const max = Math.max(0, ...scores)
  for (let i = 0; i < scores.length; i++) {
    const share = max === 0 ? 0 : Math.floor((scores[i]! * 100) / max)
    scores[i] = reverse ? 100 - share : share
  }
}
