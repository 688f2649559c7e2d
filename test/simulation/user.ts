import { daemonSet, deployment, statefulSet } from '../../src/api/apps/index.ts'
import { horizontalPodAutoscaler } from '../../src/api/autoscaling/index.ts'
import { cronJob, job } from '../../src/api/batch/index.ts'
import { namespace, node, pod, resourceQuota, service } from '../../src/api/core/index.ts'
import { podDisruptionBudget } from '../../src/api/policy/index.ts'
import { isReason, StatusError } from '../../src/apimachinery/errors.ts'
import type { Kind } from '../../src/apimachinery/schema/kind.ts'
import type { Client, DeleteBody } from '../../src/client/client.ts'
import type { Chance } from './chance.ts'
import type { History, Stored } from './history.ts'
import {
  cronJobSpec,
  daemonSetSpec,
  daemonStrategy,
  deploymentSpec,
  jobSpec,
  selectorFor,
  statefulSetSpec,
  strategy,
  template,
} from './workloads.ts'

const NAMESPACES = ['default', 'alpha', 'beta']
/** At most so many objects of a kind in a namespace. */
const MAX = 3

// biome-ignore lint/suspicious/noExplicitAny: made-up objects of many kinds
type Body = any
type AnyKind = Kind

const as = (kind: unknown) => kind as AnyKind

/** Somebody who makes, changes and removes things without a plan. */
export class User {
  readonly #client: Client
  readonly #history: History
  readonly #chance: Chance
  /** What was done how often; and what was refused, by reason. */
  readonly counts: Record<string, number> = {}
  /** What a good user is never told. */
  readonly mistakes: string[] = []
  readonly #actions: readonly (readonly [weight: number, act: () => Promise<string | undefined>])[]

  constructor(client: Client, history: History, chance: Chance) {
    this.#client = client
    this.#history = history
    this.#chance = chance
    this.#actions = [
      [5, () => this.#create(deployment, 'web', deploymentSpec)],
      [6, () => this.#edit(deployment, () => ({ spec: { replicas: chance.between(0, 7) } }))],
      [8, () => this.#replace(deployment, 'template', (o: Stored) => template(chance, appOf(o)))],
      [2, () => this.#replace(deployment, 'strategy', strategy(chance))],
      [2, () => this.#edit(deployment, d => ({ spec: { paused: !d.spec.paused } }))],
      [3, () => this.#undo()],
      [1, () => this.#edit(deployment, () => ({ spec: { minReadySeconds: chance.pick([0, 5, 30]) } }))],
      [2, () => this.#delete(deployment)],
      [3, () => this.#create(statefulSet, 'db', statefulSetSpec)],
      [4, () => this.#edit(statefulSet, () => ({ spec: { replicas: chance.between(0, 5) } }))],
      [4, () => this.#replace(statefulSet, 'template', (o: Stored) => template(chance, appOf(o)))],
      [1, () => this.#replace(statefulSet, 'updateStrategy', statefulSetSpec(chance, '').updateStrategy)],
      [1, () => this.#delete(statefulSet)],
      [2, () => this.#create(daemonSet, 'agent', daemonSetSpec)],
      [3, () => this.#replace(daemonSet, 'template', (o: Stored) => template(chance, appOf(o)))],
      [1, () => this.#replace(daemonSet, 'updateStrategy', daemonStrategy(chance))],
      [1, () => this.#delete(daemonSet)],
      [6, () => this.#create(job, 'task', jobSpec)],
      [2, () => this.#edit(job, j => ({ spec: { suspend: !j.spec.suspend } }))],
      [1, () => this.#edit(job, () => ({ spec: { parallelism: chance.between(0, 4) } }))],
      [2, () => this.#delete(job)],
      [2, () => this.#create(cronJob, 'cron', cronJobSpec)],
      [1, () => this.#edit(cronJob, c => ({ spec: { suspend: !c.spec.suspend } }))],
      [1, () => this.#edit(cronJob, () => ({ spec: { schedule: cronJobSpec(chance, '').schedule } }))],
      [1, () => this.#delete(cronJob)],
      [2, () => this.#budget()],
      [1, () => this.#delete(podDisruptionBudget)],
      [2, () => this.#service()],
      [1, () => this.#delete(service)],
      [1, () => this.#quota()],
      [1, () => this.#edit(resourceQuota, () => ({ spec: { hard: { pods: String(chance.between(0, 20)) } } }))],
      [1, () => this.#delete(resourceQuota)],
      [1, () => this.#autoscaler()],
      [1, () => this.#delete(horizontalPodAutoscaler)],
      [1, () => this.#namespace()],
      [4, () => this.#deletePod()],
      [4, () => this.#evict()],
      [2, () => this.#cordon()],
      [2, () => this.#drain()],
      [2, () => this.#taint()],
    ]
  }

  /** Does one thing. */
  async act(): Promise<void> {
    const act = this.#chance.weighted(this.#actions)
    try {
      const done = await act()
      if (done) this.#count(done)
    } catch (error) {
      if (!(error instanceof StatusError)) throw error
      this.#count(`refused: ${error.reason}`)
      const ambiguous = error.message.includes('more than one PodDisruptionBudget')
      if (isReason(error, 'Invalid', 'BadRequest', 'InternalError') && !ambiguous) this.mistakes.push(error.message)
    }
  }

  /** Lets go of what keeps nodes from taking pods. */
  async openNodes(): Promise<void> {
    for (const { metadata } of this.#history.list('nodes').filter(n => n.spec.unschedulable))
      await this.#client.patch(node, metadata, 'merge', { spec: { unschedulable: null } })
  }

  #count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1
  }

  #namespaces(): string[] {
    return NAMESPACES.filter(name => {
      const found = this.#history.get('namespaces', name)
      return found && !found.metadata.deletionTimestamp
    })
  }

  #any(kind: { plural: string }): Stored | undefined {
    const all = NAMESPACES.flatMap(name => this.#history.list(kind.plural, name))
    return all.length > 0 ? this.#chance.pick(all) : undefined
  }

  async #create(kind: unknown, prefix: string, spec: (chance: Chance, app: string) => Body, labels = {}) {
    const within = this.#chance.pick(this.#namespaces())
    const name = `${prefix}-${this.#chance.between(1, MAX)}`
    if (this.#history.get(as(kind).plural, `${within}/${name}`)) return undefined
    const metadata = { name, namespace: within, labels }
    await this.#client.create(as(kind), { metadata, spec: spec(this.#chance, name) } as Body)
    return `create ${as(kind).plural}`
  }

  async #edit(kind: unknown, change: (object: Stored) => Body) {
    const found = this.#any(as(kind))
    if (!found) return undefined
    await this.#client.patch(as(kind), found.metadata, 'merge', change(found))
    return `edit ${as(kind).plural}`
  }

  /** Puts a new value in place of a whole part of a spec. */
  async #replace(kind: unknown, field: string, part: object | ((object: Stored) => object)) {
    const found = this.#any(as(kind))
    if (!found) return undefined
    const value = typeof part === 'function' ? part(found) : part
    await this.#client.patch(as(kind), found.metadata, 'json', [{ op: 'replace', path: `/spec/${field}`, value }])
    return `edit ${as(kind).plural}`
  }

  async #delete(kind: unknown) {
    const found = this.#any(as(kind))
    if (!found) return undefined
    const propagationPolicy = this.#chance.weighted<DeleteBody['propagationPolicy']>([
      [6, 'Background'],
      [3, 'Foreground'],
      [1, 'Orphan'],
    ])
    await this.#client.delete(as(kind), { metadata: found.metadata }, { propagationPolicy })
    return `delete ${as(kind).plural}`
  }

  /** As kubectl rollout undo: the template of an older ReplicaSet. */
  async #undo() {
    const found = this.#any(deployment)
    if (!found || found.spec.paused) return undefined
    const sets = this.#history
      .list('replicasets', found.metadata.namespace)
      .filter(set => set.metadata.ownerReferences?.[0]?.uid === found.metadata.uid)
    if (sets.length === 0) return undefined
    const chosen = this.#chance.pick(sets).spec.template
    const { 'pod-template-hash': _, ...labels } = chosen.metadata.labels
    const restored = { ...chosen, metadata: { ...chosen.metadata, labels } }
    await this.#client.patch(deployment, found.metadata, 'json', [
      { op: 'replace', path: '/spec/template', value: restored },
    ])
    return 'undo a rollout'
  }

  #budget() {
    const chance = this.#chance
    const app = chance.pick(['web-1', 'web-2', 'db-1', 'db-2'])
    const amount = chance.pick([0, 1, 2, '25%', '50%'])
    return this.#create(podDisruptionBudget, `pdb-${app}`, () => ({
      selector: selectorFor(app),
      ...(chance.happens(0.5) ? { minAvailable: amount } : { maxUnavailable: amount }),
      ...(chance.happens(0.3) && { unhealthyPodEvictionPolicy: 'AlwaysAllow' }),
    }))
  }

  #service() {
    const app = this.#chance.pick(['web-1', 'web-2', 'web-3', 'db-1', 'db-2'])
    return this.#create(service, `svc-${app}`, () => ({
      selector: { app },
      ports: [{ port: 80, targetPort: 8080 }],
      ...(app.startsWith('db') && { clusterIP: 'None' }),
    }))
  }

  #quota() {
    return this.#create(resourceQuota, 'quota', () => ({
      hard: {
        pods: String(this.#chance.between(3, 25)),
        ...(this.#chance.happens(0.4) && { 'requests.cpu': this.#chance.pick(['2', '5', '10']) }),
        ...(this.#chance.happens(0.2) && { 'count/jobs.batch': '3' }),
      },
    }))
  }

  #autoscaler() {
    const chance = this.#chance
    return this.#create(horizontalPodAutoscaler, 'hpa', () => ({
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: `web-${chance.between(1, MAX)}` },
      minReplicas: chance.between(1, 2),
      maxReplicas: chance.between(3, 5),
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: chance.between(5, 90) } },
        },
      ],
    }))
  }

  async #namespace() {
    const name = this.#chance.pick(NAMESPACES.slice(1))
    if (this.#history.get('namespaces', name)) {
      await this.#client.delete(namespace, { name })
      return 'delete namespaces'
    }
    await this.#client.create(namespace, { metadata: { name } })
    return 'create namespaces'
  }

  async #deletePod() {
    const found = this.#any(pod)
    if (!found) return undefined
    const gracePeriodSeconds = this.#chance.pick([undefined, undefined, 0])
    await this.#client.delete(pod, { metadata: found.metadata }, { gracePeriodSeconds })
    return 'delete pods'
  }

  async #evict() {
    const found = this.#any(pod)
    if (!found) return undefined
    await this.#evictPod(found)
    return 'evict a pod'
  }

  #evictPod({ metadata: { name, namespace } }: Stored): Promise<unknown> {
    return this.#client.createSubresource(pod, { name, namespace }, 'eviction', { metadata: { name, namespace } })
  }

  async #cordon() {
    const found = this.#anyNode()
    if (!found) return undefined
    const unschedulable = !found.spec.unschedulable
    await this.#client.patch(node, found.metadata, 'merge', { spec: { unschedulable: unschedulable || null } })
    return unschedulable ? 'cordon a node' : 'uncordon a node'
  }

  async #drain() {
    const found = this.#anyNode()
    if (!found) return undefined
    await this.#client.patch(node, found.metadata, 'merge', { spec: { unschedulable: true } })
    for (const one of this.#history.list('pods')) {
      const daemon = one.metadata.ownerReferences?.some(({ kind }) => kind === 'DaemonSet')
      if (one.spec.nodeName !== found.metadata.name || daemon) continue
      await this.#evictPod(one).catch(error => {
        if (!isReason(error, 'TooManyRequests', 'NotFound', 'InternalError')) throw error
        this.#count('evictions refused')
      })
    }
    return 'drain a node'
  }

  async #taint() {
    const found = this.#anyNode()
    if (!found) return undefined
    const key = 'simulation/taint'
    const taints: Body[] = found.spec.taints ?? []
    const others = taints.filter(taint => taint.key !== key)
    const has = others.length < taints.length
    const effect = this.#chance.pick(['NoSchedule', 'NoExecute', 'PreferNoSchedule'])
    await this.#client.patch(node, found.metadata, 'merge', {
      metadata: { resourceVersion: found.metadata.resourceVersion },
      spec: { taints: has ? others : [...others, { key, effect }] },
    })
    return has ? 'untaint a node' : 'taint a node'
  }

  #anyNode(): Stored | undefined {
    const all = this.#history.list('nodes')
    return all.length > 0 ? this.#chance.pick(all) : undefined
  }
}

const appOf = ({ spec }: Stored): string => spec.selector.matchLabels.app
