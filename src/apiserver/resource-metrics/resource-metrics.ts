import { type Node, node as nodeKind } from '../../api/core/node.ts'
import { type Pod, pod as podKind } from '../../api/core/pod.ts'
import { type NodeMetrics, nodeMetrics, type PodMetrics, podMetrics } from '../../api/metrics/index.ts'
import { notFound } from '../../apimachinery/errors.ts'
import type { Selector } from '../../apimachinery/labels.ts'
import type { ApiServer } from '../apiserver.ts'
import type { ComputedObjects } from '../registry/computed.ts'
import { Collector } from './collector.ts'
import { hollowUsage, hollowUse } from './hollow-usage.ts'
import { nodeMetricsOf, podMetricsOf } from './objects.ts'
import { scrape } from './scrape.ts'
import type { Usage } from './usage.ts'

/** What errors name, as metrics-server has it: not the resource, but the kind. */
const NODE_METRICS = { group: nodeMetrics.group, plural: 'nodemetrics' }
const POD_METRICS = { group: podMetrics.group, plural: 'podmetrics' }

const isHollow = ({ metadata }: Node) => metadata.labels?.['tsukube.dev/hollow'] === 'true'

/** Serves metrics.k8s.io from what the kubelets say (kubernetes-sigs/metrics-server). */
export function serveResourceMetrics(server: ApiServer): void {
  const nodes = server.resources.of(nodeKind).cacher
  const collector = new Collector({
    clock: server.clock,
    signal: server.stopped,
    nodes: () =>
      [...nodes.values()].filter(({ object }) => !isHollow(object)).map(({ object }) => object.metadata.name!),
    scrape: (node, signal) => scrape(server, node, signal),
  })
  const metrics = new ResourceMetrics(server, collector)
  server.serveComputed(nodeMetrics, metrics.nodes)
  server.serveComputed(podMetrics, metrics.pods)
}

class ResourceMetrics {
  readonly #server: ApiServer
  readonly #collector: Collector

  constructor(server: ApiServer, collector: Collector) {
    this.#server = server
    this.#collector = collector
  }

  readonly nodes: ComputedObjects<NodeMetrics> = {
    get: async (_, name) => {
      await this.#collector.ready()
      const node = this.#server.resources.of(nodeKind).cacher.get(name)?.object
      if (!node) throw notFound(nodeKind, name)
      const metrics = this.#usageOfNodes()(node)
      if (!metrics) throw notFound(NODE_METRICS, name)
      return metrics
    },
    list: async (_, labels) => {
      await this.#collector.ready()
      return this.#select(this.#server.resources.of(nodeKind).cacher.scan(''), labels, this.#usageOfNodes())
    },
  }

  readonly pods: ComputedObjects<PodMetrics> = {
    get: async (namespace, name) => {
      await this.#collector.ready()
      const pod = this.#server.resources.of(podKind).cacher.get(`${namespace}/${name}`)?.object
      if (!pod) throw notFound(podKind, name)
      const metrics = this.#ofPod(pod)
      if (!metrics) throw notFound(POD_METRICS, `${namespace}/${name}`)
      return metrics
    },
    list: async (namespace, labels) => {
      await this.#collector.ready()
      const prefix = namespace && `${namespace}/`
      return this.#select(this.#server.resources.of(podKind).cacher.scan(prefix), labels, pod => this.#ofPod(pod))
    },
  }

  #select<T extends Node | Pod, M>(
    entries: Iterable<{ readonly object: T }>,
    labels: Selector,
    metricsOf: (object: T) => M | undefined,
  ): M[] {
    const found: M[] = []
    for (const { object } of entries) {
      const metrics = labels.matches(object.metadata.labels) && metricsOf(object)
      if (metrics) found.push(metrics)
    }
    return found
  }

  /** How to tell what a node uses now. */
  #usageOfNodes(): (node: Node) => NodeMetrics | undefined {
    const now = this.#server.clock.now()
    let hollow: ReadonlyMap<string, Usage> | undefined
    return node => {
      const name = node.metadata.name!
      if (isHollow(node)) hollow ??= this.#hollowNodes(now)
      const usage = isHollow(node) ? (hollow!.get(name) ?? hollowUse(now)) : this.#collector.node(name)
      return usage && nodeMetricsOf(node, usage, now)
    }
  }

  #ofPod(pod: Pod): PodMetrics | undefined {
    const usages = this.#usagesOf(pod)
    return usages && usages.size > 0 ? podMetricsOf(pod, usages, this.#server.clock.now()) : undefined
  }

  #usagesOf(pod: Pod): ReadonlyMap<string, Usage> | undefined {
    const { nodeName } = pod.spec
    const node = nodeName && this.#server.resources.of(nodeKind).cacher.get(nodeName)?.object
    if (!node) return undefined
    if (isHollow(node)) return hollowUsage(pod, this.#server.clock.now())
    return this.#collector.pod(nodeName, `${pod.metadata.namespace}/${pod.metadata.name}`)
  }

  /** Hollow nodes use what their pods are said to use. */
  #hollowNodes(now: number): ReadonlyMap<string, Usage> {
    const usages = new Map<string, Usage>()
    for (const { object: pod } of this.#server.resources.of(podKind).cacher.values()) {
      const { nodeName = '' } = pod.spec
      for (const { nanoCores, workingSet } of hollowUsage(pod, now)?.values() ?? []) {
        const sum = usages.get(nodeName) ?? hollowUse(now)
        usages.set(nodeName, { ...sum, nanoCores: sum.nanoCores + nanoCores, workingSet: sum.workingSet + workingSet })
      }
    }
    return usages
  }
}
