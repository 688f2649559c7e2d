import { customResourceDefinition } from '../api/apiextensions/index.ts'
import {
  type HorizontalPodAutoscaler,
  type HorizontalPodAutoscalerStatus,
  horizontalPodAutoscaler,
} from '../api/autoscaling/horizontalpodautoscaler.ts'
import { pod } from '../api/core/pod.ts'
import { podMetrics } from '../api/metrics/index.ts'
import { CUSTOM_METRICS, EXTERNAL_METRICS } from '../api/metrics/metric-values.ts'
import { rfc3339 } from '../apimachinery/clock.ts'
import { isReason } from '../apimachinery/errors.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { type Controller, keyedController, type ReconcileContext } from '../client/controller.ts'
import { keyOf } from '../client/informer.ts'
import { apiMetricsClient } from './horizontalpodautoscaler/api-metrics-client.ts'
import { Conditions } from './horizontalpodautoscaler/conditions.ts'
import { History } from './horizontalpodautoscaler/history.ts'
import type { MetricsClient } from './horizontalpodautoscaler/metrics-client.ts'
import { rememberedMs } from './horizontalpodautoscaler/normalize.ts'
import { planOf } from './horizontalpodautoscaler/plan.ts'
import { type KindOfReference, restMapping } from './horizontalpodautoscaler/rest-mapping.ts'
import { resize, type ScaleTarget, scaleTargetOf } from './horizontalpodautoscaler/scale-target.ts'
import { HpaSelectors } from './horizontalpodautoscaler/selectors.ts'
import { ANY_KIND } from './shared/custom-kinds.ts'
import { sameStored } from './shared/same.ts'

/** How often each autoscaler is looked at, in milliseconds (upstream --horizontal-pod-autoscaler-sync-period). */
const SYNC_MS = 15_000

const ALL_OF = (group: string) => ({ ...ANY_KIND, group }) as Kind

/** What is asked of each run, besides the autoscaler itself. */
interface Means {
  readonly metrics: MetricsClient
  readonly kindOf: KindOfReference
  readonly selectors: HpaSelectors
  readonly histories: Map<string, History>
}

/**
 * Scales what can be scaled by its metrics (upstream pkg/controller/podautoscaler). Every autoscaler is looked at 15 s after it
 * came or changed, and every 15 s from then on. `metricsFrom`: where metrics come from, if not from the metrics APIs.
 */
export function horizontalPodAutoscalerController(
  metricsFrom?: (context: ReconcileContext) => MetricsClient,
): Controller {
  let means: Means | undefined
  return keyedController({
    name: 'horizontal-pod-autoscaler',
    account: 'horizontal-pod-autoscaler',
    reads: [horizontalPodAutoscaler as unknown as Kind, pod as unknown as Kind, customResourceDefinition as Kind],
    writes: [
      { kind: horizontalPodAutoscaler as unknown as Kind, subresource: 'status', verbs: ['update'] },
      { kind: ANY_KIND, subresource: 'scale', verbs: ['get', 'update'] },
      // Read without being watched.
      { kind: podMetrics as unknown as Kind, verbs: ['list'] },
      { kind: ALL_OF(CUSTOM_METRICS), verbs: ['get', 'list'] },
      { kind: ALL_OF(EXTERNAL_METRICS), verbs: ['get', 'list'] },
    ],

    setup(context) {
      const kindOf = restMapping(context)
      const metrics = metricsFrom?.(context) ?? apiMetricsClient(context.client, kindOf)
      means = { metrics, kindOf, selectors: new HpaSelectors(), histories: new Map() }
      context.informer(horizontalPodAutoscaler).onChange((object, previous) => {
        context.enqueue(keyOf((object ?? previous)!), SYNC_MS)
      })
    },

    async sync(key, context) {
      const hpa = context.informer(horizontalPodAutoscaler).get(key)
      if (!hpa) {
        means!.selectors.forget(key)
        means!.histories.delete(key)
        return
      }
      // Whatever becomes of it, its turn comes again.
      context.enqueue(key, SYNC_MS)
      await reconcile(hpa, key, means!, context).catch(error => {
        if (!isReason(error, 'Conflict', 'NotFound')) throw error
      })
    },
  })
}

async function reconcile(
  hpa: HorizontalPodAutoscaler,
  key: string,
  { metrics, kindOf, selectors, histories }: Means,
  context: ReconcileContext,
): Promise<void> {
  const { client, clock, events } = context
  const now = clock.now()
  const conditions = new Conditions(hpa.status.conditions, now)
  const target = await targetOf(hpa, kindOf, conditions, context)
  if (!target) return writeStatus(hpa, { conditions: conditions.all }, context)
  const { scale } = target
  const history = histories.get(key) ?? new History()
  histories.set(key, history)
  const pods = context.informer(pod).list(hpa.metadata.namespace)
  const plan = await planOf({ hpa, key, scale, pods, metrics, selectors, history, now }, conditions, events)
  const { replicas, reason, currentMetrics } = plan
  const currentReplicas = scale.spec.replicas ?? 0
  if (replicas === undefined) {
    await writeStatus(hpa, { currentReplicas, currentMetrics, conditions: conditions.all }, context)
    events.warning(hpa, 'FailedComputeMetricsReplicas', reason)
    return
  }
  if (replicas === currentReplicas) {
    const status = { currentReplicas, desiredReplicas: replicas, currentMetrics, conditions: conditions.all }
    return writeStatus(hpa, status, context)
  }
  const news = `New size: ${replicas}; reason: ${reason}`
  try {
    await resize(target, replicas, client)
  } catch (error) {
    const { message } = error as Error
    events.warning(hpa, 'FailedRescale', `${news}; error: ${message}`)
    const why = `the HPA controller was unable to update the target scale: ${message}`
    conditions.set('AbleToScale', 'False', 'FailedUpdateScale', why)
    return writeStatus(hpa, { currentReplicas, conditions: conditions.all }, context)
  }
  const message = `the HPA controller was able to update the target scale to ${replicas}`
  conditions.set('AbleToScale', 'True', 'SucceededRescale', message)
  events.normal(hpa, 'SuccessfulRescale', news)
  const { behavior } = hpa.spec
  if (behavior) history.scaled(currentReplicas, replicas, now, rememberedMs(behavior))
  const status = { currentReplicas, desiredReplicas: replicas, currentMetrics, lastScaleTime: rfc3339(now) }
  await writeStatus(hpa, { ...status, conditions: conditions.all }, context)
}

/** What there is to scale; undefined where that cannot be looked at, of which a condition and an event tell. */
async function targetOf(
  hpa: HorizontalPodAutoscaler,
  kindOf: KindOfReference,
  conditions: Conditions,
  { client, events }: ReconcileContext,
): Promise<ScaleTarget | undefined> {
  try {
    const target = await scaleTargetOf(hpa, client, kindOf)
    const message = "the HPA controller was able to get the target's current scale"
    conditions.set('AbleToScale', 'True', 'SucceededGetScale', message)
    return target
  } catch (error) {
    const { message } = error as Error
    events.warning(hpa, 'FailedGetScale', message)
    const why = `the HPA controller was unable to get the target's current scale: ${message}`
    conditions.set('AbleToScale', 'False', 'FailedGetScale', why)
    return undefined
  }
}

/** Writes down what is new. The rest of the status stays. */
async function writeStatus(
  hpa: HorizontalPodAutoscaler,
  news: Partial<HorizontalPodAutoscalerStatus>,
  { client }: ReconcileContext,
): Promise<void> {
  const observedGeneration = hpa.metadata.generation
  const status = { ...hpa.status, ...news, ...(observedGeneration !== undefined && { observedGeneration }) }
  if (!sameStored(status, hpa.status)) await client.updateStatus(horizontalPodAutoscaler, { ...hpa, status })
}
