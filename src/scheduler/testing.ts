import type { Node } from '../api/core/node.ts'
import { node as nodeKind } from '../api/core/node.ts'
import type { Pod } from '../api/core/pod.ts'
import { pod as podKind } from '../api/core/pod.ts'
import { filled } from '../api/testing.ts'
import { seededRandom } from '../apimachinery/random.ts'
import type { InputOf } from '../apimachinery/schema/kind.ts'
import { Cache } from './cache.ts'
import type { Plugin, PluginContext } from './framework.ts'
import { NodeInfo } from './node-info.ts'
import { PodInfo } from './pod-info.ts'

/** Objects that tests of the scheduler begin with. */

type NodeInput = InputOf<typeof nodeKind>
type PodInput = InputOf<typeof podKind>

export const nodeOf = (
  name: string,
  resources: Readonly<Record<string, string>> = {},
  spec: NodeInput['spec'] = {},
  labels: Record<string, string> = {},
): NodeInput & { metadata: { name: string } } => ({
  metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
  spec,
  status: { allocatable: { cpu: '4', memory: '8Gi', pods: '110', ...resources } },
})

export const podOf = (
  name: string,
  requests: Readonly<Record<string, string>> = {},
  spec: Partial<PodInput['spec']> = {},
): PodInput & { metadata: { name: string; namespace: string } } => ({
  metadata: { name, namespace: 'default' },
  spec: { containers: [{ name: 'main', image: 'main:1', resources: { requests } }], ...spec },
})

export const storedNode = (input: NodeInput): Node => filled(nodeKind, input)
export const storedPod = (input: PodInput): Pod => {
  const pod = filled(podKind, input)
  pod.metadata.uid ??= `uid-${pod.metadata.name}`
  return pod
}

export const podInfoOf = (...args: Parameters<typeof podOf>): PodInfo => new PodInfo(storedPod(podOf(...args)))

export function nodeInfoOf(input: NodeInput, ...pods: PodInfo[]): NodeInfo {
  const info = new NodeInfo(input.metadata!.name!)
  info.setNode(storedNode(input))
  for (const pod of pods) info.add(pod)
  return info
}

export const contextOf = (cache = new Cache()): PluginContext =>
  ({ cache, random: seededRandom(1), namespaceLabels: () => ({}) }) as unknown as PluginContext

/** Why a plugin keeps a pod off a node; undefined when it does not. */
export function rejectionOf(plugin: Plugin, pod: PodInfo, node: NodeInfo): readonly string[] | undefined {
  const state = plugin.preFilter?.(pod, contextOf())
  if (typeof state === 'symbol') return undefined
  return plugin.filter!((state as { state?: unknown })?.state ?? state, node, pod)?.reasons
}

/** A plugin's scores for nodes, by name. */
export function scoresOf(plugin: Plugin, pod: PodInfo, nodes: readonly NodeInfo[], context = contextOf()) {
  const state = plugin.preScore?.(pod, nodes, context)
  if (typeof state === 'symbol') return undefined
  const scores = nodes.map(node => plugin.score!(state, node, pod, context))
  plugin.normalize?.(scores, state, nodes)
  return Object.fromEntries(nodes.map(({ name }, i) => [name, scores[i]]))
}
