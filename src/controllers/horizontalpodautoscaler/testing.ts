import type { horizontalPodAutoscaler } from '../../api/autoscaling/horizontalpodautoscaler.ts'
import { type Pod, pod } from '../../api/core/pod.ts'
import type { InputOf } from '../../apimachinery/schema/kind.ts'
import type { ReconcileContext } from '../../client/controller.ts'
import type { MetricsClient, PodMetricsInfo } from './metrics-client.ts'

/** Metrics that a test makes up. What is left out is not there. All in thousandths. */
export class MadeUpMetrics {
  /** What a container of a pod uses of a resource. */
  resource: ((resource: string, pod: Pod, container: string) => number | undefined) | undefined
  pods: ((metric: string, pod: Pod) => number | undefined) | undefined
  object: ((metric: string, name: string) => number) | undefined
  external: ((metric: string, selector: string) => readonly number[]) | undefined
  /** Over how long metrics are measured, in milliseconds. */
  windowMs = 15_000

  /** As a controller asks for them. */
  readonly client = ({ informer, clock }: ReconcileContext): MetricsClient => {
    const running = (namespace: string) =>
      informer(pod)
        .list(namespace)
        .filter(p => p.status.phase === 'Running')
    const missing = (api: string) => Promise.reject(new Error(`no metrics returned from ${api} metrics API`))
    const infoOf = (pods: readonly Pod[], measure: (pod: Pod) => number | undefined): PodMetricsInfo =>
      new Map(
        pods.flatMap(p => {
          const value = measure(p)
          const times = { at: clock.now(), windowMs: this.windowMs }
          return value === undefined ? [] : [[p.metadata.name!, { value, ...times }] as const]
        }),
      )
    return {
      resource: async (resource, namespace, selector, only) => {
        if (!this.resource) return missing('resource')
        const of = this.resource
        const pods = running(namespace).filter(p => selector.matches(p.metadata.labels))
        return infoOf(pods, p => {
          const used = p.spec.containers
            .filter(({ name }) => !only || name === only)
            .map(({ name }) => of(resource, p, name))
          return used.every(value => value !== undefined) ? used.reduce((a, b) => a + b, 0) : undefined
        })
      },
      pods: async (metric, namespace, selector) => {
        if (!this.pods) return missing('custom')
        const of = this.pods
        const pods = running(namespace).filter(p => selector.matches(p.metadata.labels))
        return infoOf(pods, p => of(metric, p))
      },
      object: async (metric, _, { name }) => this.object?.(metric, name) ?? missing('custom'),
      external: async (metric, _, selector) => this.external?.(metric, String(selector)) ?? missing('external'),
    }
  }
}

/** An autoscaler of the ReplicaSet `web`, by CPU where nothing else is said. */
export const autoscalerOf = (
  spec: Partial<InputOf<typeof horizontalPodAutoscaler>['spec']> = {},
): InputOf<typeof horizontalPodAutoscaler> => ({
  metadata: { name: 'web' },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web' },
    minReplicas: 1,
    maxReplicas: 10,
    metrics: [cpuTarget(50)],
    ...spec,
  },
})

/** Processors in use, as a share of what is asked for, in percent. */
export const cpuTarget = (averageUtilization: number) => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
})
