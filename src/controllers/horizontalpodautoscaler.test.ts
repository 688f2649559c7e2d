import { test as base, describe, expect } from 'vitest'
import { seconds, World } from '../../test/support/world.ts'
import { replicaSet } from '../api/apps/replicaset.ts'
import { horizontalPodAutoscaler } from '../api/autoscaling/horizontalpodautoscaler.ts'
import { pod } from '../api/core/pod.ts'
import { autoscalerOf, cpuTarget, MadeUpMetrics } from './horizontalpodautoscaler/testing.ts'
import { horizontalPodAutoscalerController } from './horizontalpodautoscaler.ts'
import { replicaSetController } from './replicaset.ts'
import { replicaSetOf } from './testing.ts'

const SYNC = seconds(15)
const minutes = (count: number) => seconds(60 * count)

interface Autoscaled {
  readonly world: World
  readonly metrics: MadeUpMetrics
  /** A set of pods that ask for 100m each, with a sidecar that asks for as much where `containers` says so. */
  deploy(replicas: number, containers?: readonly string[]): Promise<void>
  /** Replicas asked for now. */
  replicas(): Promise<number>
  condition(type: string): Promise<string>
}

const test = base.extend<{ scene: Autoscaled }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the parameter's form
  scene: async ({}, use) => {
    const metrics = new MadeUpMetrics()
    const controllers = [horizontalPodAutoscalerController(metrics.client), replicaSetController]
    const world = await World.start({ controllers, runPods: true })
    await use({
      world,
      metrics,
      async deploy(replicas, containers = ['main']) {
        const template = {
          metadata: { labels: { app: 'web' } },
          spec: {
            containers: containers.map(name => ({
              name,
              image: 'web:1',
              resources: { requests: { cpu: '100m', memory: '100Mi' } },
            })),
          },
        }
        await world.apply(replicaSet, replicaSetOf(replicas, { template }))
        // What pods use counts once they have been up for a while.
        await world.advance(minutes(6))
      },
      replicas: async () => (await world.get(replicaSet, 'web')).spec.replicas,
      async condition(type) {
        const { status } = await world.get(horizontalPodAutoscaler, 'web')
        const found = status.conditions?.find(condition => condition.type === type)
        return `${found?.status} ${found?.reason}: ${found?.message}`
      },
    })
    world.stop()
  },
})

const load = (metrics: MadeUpMetrics, milli: number) => {
  metrics.resource = () => milli
}
/** So much altogether, shared by the pods that run. */
const shared = (scene: Autoscaled, milli: number) => {
  const { metrics, world } = scene
  metrics.resource = () => milli / Math.max(1, world.manager.informers.of(pod).list('default').length)
}

describe('by processors', () => {
  test('scales up so that each pod has what it should', async ({ scene }) => {
    const { world, metrics } = scene
    await scene.deploy(2)
    load(metrics, 90)
    await world.apply(horizontalPodAutoscaler, autoscalerOf())
    await world.advance(SYNC - 1)
    expect(await scene.replicas()).toBe(2)
    await world.advance(1)
    expect(await scene.replicas()).toBe(4)
    const { status, metadata } = await world.get(horizontalPodAutoscaler, 'web')
    expect(status).toMatchObject({
      currentReplicas: 2,
      desiredReplicas: 4,
      observedGeneration: metadata.generation,
      currentMetrics: [
        { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 90, averageValue: '90m' } } },
      ],
    })
    expect(status.lastScaleTime).toBeDefined()
    expect(await world.events(horizontalPodAutoscaler)).toEqual([
      'SuccessfulRescale: New size: 4; reason: cpu resource utilization (percentage of request) above target',
    ])
    expect(await scene.condition('AbleToScale')).toBe(
      'True SucceededRescale: the HPA controller was able to update the target scale to 4',
    )
    expect(await scene.condition('ScalingActive')).toBe(
      'True ValidMetricFound: the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)',
    )
    expect(await scene.condition('ScalingLimited')).toBe(
      'False DesiredWithinRange: the desired count is within the acceptable range',
    )
  })

  test('leaves small differences be', async ({ scene }) => {
    const { world, metrics } = scene
    await scene.deploy(4)
    load(metrics, 55)
    await world.apply(horizontalPodAutoscaler, autoscalerOf())
    await world.advance(SYNC)
    expect(await scene.replicas()).toBe(4)
    load(metrics, 45)
    await world.advance(minutes(10))
    expect(await scene.replicas()).toBe(4)
    load(metrics, 56)
    await world.advance(SYNC)
    expect(await scene.replicas()).toBe(5)
  })

  test('an autoscaler may have tolerances of its own', async ({ scene }) => {
    const { world, metrics } = scene
    await scene.deploy(10)
    load(metrics, 54)
    const behavior = { scaleUp: { tolerance: '50m' }, scaleDown: { tolerance: '500m' } }
    await world.apply(horizontalPodAutoscaler, autoscalerOf({ maxReplicas: 20, behavior }))
    await world.advance(SYNC)
    expect(await scene.replicas()).toBe(11)
    load(metrics, 26)
    await world.advance(minutes(10))
    expect(await scene.replicas()).toBe(11)
  })

  test('scales down only once nothing more was recommended for five minutes', async ({ scene }) => {
    const { world, metrics } = scene
    await scene.deploy(4)
    load(metrics, 50)
    await world.apply(horizontalPodAutoscaler, autoscalerOf())
    await world.advance(SYNC)
    shared(scene, 100)
    await world.advance(minutes(5) - SYNC)
    expect(await scene.replicas()).toBe(4)
    expect(await scene.condition('AbleToScale')).toBe(
      'True ScaleDownStabilized: recent recommendations were higher than current one, applying the highest recent recommendation',
    )
    await world.advance(2 * SYNC)
    expect(await scene.replicas()).toBe(2)
    expect(await world.events(horizontalPodAutoscaler)).toContain(
      'SuccessfulRescale: New size: 2; reason: All metrics below target',
    )
  })

  test('stays within its bounds', async ({ scene }) => {
    const { world, metrics } = scene
    await scene.deploy(3)
    load(metrics, 500)
    await world.apply(horizontalPodAutoscaler, autoscalerOf({ minReplicas: 2, maxReplicas: 5 }))
    await world.advance(SYNC)
    expect(await scene.replicas()).toBe(5)
    expect(await scene.condition('ScalingLimited')).toBe(
      'True TooManyReplicas: the desired replica count is more than the maximum replica count',
    )
    load(metrics, 0)
    await world.advance(minutes(12))
    expect(await scene.replicas()).toBe(2)
    expect(await scene.condition('ScalingLimited')).toBe(
      'True TooFewReplicas: the desired replica count is less than the minimum replica count',
    )
  })

  test.for([
    [20, 10, 'New size: 10; reason: Current number of replicas above Spec.MaxReplicas'],
    [1, 3, 'New size: 3; reason: Current number of replicas below Spec.MinReplicas'],
  ] as const)('%i replicas become %i, without metrics', async ([from, to, reason], { scene }) => {
    await scene.deploy(from)
    await scene.world.apply(horizontalPodAutoscaler, autoscalerOf({ minReplicas: 3 }))
    await scene.world.advance(SYNC)
    expect(await scene.replicas()).toBe(to)
    expect(await scene.world.events(horizontalPodAutoscaler)).toEqual([`SuccessfulRescale: ${reason}`])
  })

  test('at most doubles at a time, and may always go to four', async ({ scene }) => {
    const { world, metrics } = scene
    await scene.deploy(1)
    load(metrics, 5000)
    await world.apply(horizontalPodAutoscaler, autoscalerOf({ maxReplicas: 100 }))
    const sizes: number[] = []
    for (let i = 0; i < 3; i++) {
      await world.advance(i === 0 ? SYNC : minutes(6))
      sizes.push(await scene.replicas())
      if (i === 0) {
        expect(await scene.condition('ScalingLimited')).toBe(
          'True ScaleUpLimit: the desired replica count is increasing faster than the maximum scale rate',
        )
      }
    }
    expect(sizes[0]).toBe(4)
    expect(sizes.at(-1)).toBe(100)
  })

  test('a target without replicas is left alone', async ({ scene }) => {
    const { world, metrics } = scene
    await scene.deploy(0)
    load(metrics, 500)
    await world.apply(horizontalPodAutoscaler, autoscalerOf())
    await world.advance(minutes(1))
    expect(await scene.replicas()).toBe(0)
    expect(await scene.condition('ScalingActive')).toBe(
      'False ScalingDisabled: scaling is disabled since the replica count of the target is zero',
    )
  })
})

describe('what is not known of pods', () => {
  test('counts as nothing when scaling up', async ({ scene }) => {
    const { world, metrics } = scene
    await scene.deploy(4)
    const [silent] = await world.pods()
    metrics.resource = (_, { metadata }) => (metadata.name === silent!.metadata.name ? undefined : 100)
    await world.apply(horizontalPodAutoscaler, autoscalerOf())
    await world.advance(SYNC)
    expect(await scene.replicas()).toBe(6)
  })

  test('counts as all that was asked for when scaling down', async ({ scene }) => {
    const { world, metrics } = scene
    await scene.deploy(4)
    const [silent] = await world.pods()
    metrics.resource = (_, { metadata }) => (metadata.name === silent!.metadata.name ? undefined : 10)
    await world.apply(horizontalPodAutoscaler, autoscalerOf())
    await world.advance(minutes(6))
    expect(await scene.replicas()).toBe(3)
  })

  test('pods that have just started do not count, and hold back', async ({ scene }) => {
    const { world, metrics } = scene
    await scene.deploy(2)
    load(metrics, 90)
    await world.apply(horizontalPodAutoscaler, autoscalerOf())
    await world.advance(SYNC)
    expect(await scene.replicas()).toBe(4)
    // Two new ones began this instant: with them as idle, there are enough.
    metrics.windowMs = seconds(60)
    await world.advance(2 * SYNC)
    expect(await scene.replicas()).toBe(4)
    await world.advance(4 * SYNC)
    expect(await scene.replicas()).toBe(8)
  })

  test('a pod that never was ready does not count', async ({ scene }) => {
    const { world, metrics } = scene
    await scene.deploy(3)
    const [slow] = await world.pods()
    await world.client.patch(
      pod,
      slow!.metadata,
      'strategic',
      { status: { conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: slow!.status.startTime }] } },
      { subresource: 'status' },
    )
    metrics.resource = (_, { metadata }) => (metadata.name === slow!.metadata.name ? 1000 : 50)
    await world.apply(horizontalPodAutoscaler, autoscalerOf())
    await world.advance(minutes(2))
    expect(await scene.replicas()).toBe(3)
    const { status } = await world.get(horizontalPodAutoscaler, 'web')
    expect(status.currentMetrics[0]!.resource!.current.averageUtilization).toBe(50)
  })

  test('without any metrics nothing is done, and it is said why', async ({ scene }) => {
    const { world } = scene
    await scene.deploy(2)
    await world.apply(horizontalPodAutoscaler, autoscalerOf())
    await world.advance(SYNC)
    const why =
      'failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API'
    expect(await scene.condition('ScalingActive')).toBe(
      `False FailedGetResourceMetric: the HPA was unable to compute the replica count: ${why}`,
    )
    expect(await world.events(horizontalPodAutoscaler)).toEqual([
      `FailedGetResourceMetric: ${why}`,
      `FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: ${why}`,
    ])
    const { status } = await world.get(horizontalPodAutoscaler, 'web')
    expect(status.currentReplicas).toBe(2)
  })

  test('pods that do not say what they need cannot be scaled by a share of it', async ({ scene }) => {
    const { world, metrics } = scene
    await world.apply(replicaSet, replicaSetOf(1))
    await world.advance(minutes(6))
    load(metrics, 10)
    await world.apply(horizontalPodAutoscaler, autoscalerOf())
    await world.advance(SYNC)
    const [only] = await world.pods()
    expect(await scene.condition('ScalingActive')).toBe(
      `False FailedGetResourceMetric: the HPA was unable to compute the replica count: failed to get cpu utilization: missing request for cpu in container main of Pod ${only!.metadata.name}`,
    )
  })
})

describe('several metrics', () => {
  const qps = { type: 'Pods', pods: { metric: { name: 'qps' }, target: { type: 'AverageValue', averageValue: '10' } } }

  test('the one that asks for most counts', async ({ scene }) => {
    const { world, metrics } = scene
    await scene.deploy(3)
    load(metrics, 60)
    metrics.pods = () => 15_000
    await world.apply(horizontalPodAutoscaler, autoscalerOf({ metrics: [cpuTarget(50), qps] }))
    await world.advance(SYNC)
    expect(await scene.replicas()).toBe(5)
    expect(await world.events(horizontalPodAutoscaler)).toEqual([
      'SuccessfulRescale: New size: 5; reason: pods metric qps above target',
    ])
    const { status } = await world.get(horizontalPodAutoscaler, 'web')
    expect(status.currentMetrics[1]).toEqual({
      type: 'Pods',
      pods: { metric: { name: 'qps' }, current: { averageValue: '15' } },
    })
  })

  test('while one is not known it scales up, but not down', async ({ scene }) => {
    const { world, metrics } = scene
    await scene.deploy(4)
    metrics.resource = () => 10
    await world.apply(horizontalPodAutoscaler, autoscalerOf({ metrics: [cpuTarget(50), qps] }))
    await world.advance(minutes(10))
    expect(await scene.replicas()).toBe(4)
    expect(await scene.condition('ScalingActive')).toMatch(/^False FailedGetPodsMetric: /)
    metrics.resource = () => 75
    await world.advance(SYNC)
    expect(await scene.replicas()).toBe(6)
    expect(await scene.condition('ScalingActive')).toMatch(/^True ValidMetricFound: /)
  })
})

describe('by other metrics', () => {
  test('one container of each pod', async ({ scene }) => {
    const { world, metrics } = scene
    await scene.deploy(2, ['main', 'side'])
    metrics.resource = (_, __, container) => (container === 'side' ? 100 : 0)
    const target = { type: 'Utilization', averageUtilization: 50 }
    const containerResource = { name: 'cpu', container: 'side', target }
    await world.apply(
      horizontalPodAutoscaler,
      autoscalerOf({ metrics: [{ type: 'ContainerResource', containerResource }] }),
    )
    await world.advance(SYNC)
    expect(await scene.replicas()).toBe(4)
    const { status } = await world.get(horizontalPodAutoscaler, 'web')
    expect(status.currentMetrics[0]!.containerResource).toMatchObject({
      container: 'side',
      current: { averageUtilization: 100 },
    })
  })

  test('memory, as a value for each pod', async ({ scene }) => {
    const { world, metrics } = scene
    await scene.deploy(2)
    load(metrics, 300 * 2 ** 20 * 1000)
    const resource = { name: 'memory', target: { type: 'AverageValue', averageValue: '200Mi' } }
    await world.apply(horizontalPodAutoscaler, autoscalerOf({ metrics: [{ type: 'Resource', resource }] }))
    await world.advance(SYNC)
    expect(await scene.replicas()).toBe(3)
  })

  test('a value of an object', async ({ scene }) => {
    const { world, metrics } = scene
    await scene.deploy(4)
    metrics.object = (metric, name) => (metric === 'rps' && name === 'front' ? 150_000 : 0)
    const describedObject = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'front' }
    const target = { type: 'Value', value: '100' }
    const object = { describedObject, metric: { name: 'rps' }, target }
    await world.apply(horizontalPodAutoscaler, autoscalerOf({ metrics: [{ type: 'Object', object }] }))
    await world.advance(SYNC)
    expect(await scene.replicas()).toBe(6)
    expect(await world.events(horizontalPodAutoscaler)).toEqual([
      'SuccessfulRescale: New size: 6; reason: Ingress metric rps above target',
    ])
  })

  test('an external metric, shared by all pods', async ({ scene }) => {
    const { world, metrics } = scene
    await scene.deploy(2)
    metrics.external = (_, selector) => (selector === 'queue=work' ? [40_000, 30_000] : [])
    const external = {
      metric: { name: 'length', selector: { matchLabels: { queue: 'work' } } },
      target: { type: 'AverageValue', averageValue: '10' },
    }
    await world.apply(horizontalPodAutoscaler, autoscalerOf({ metrics: [{ type: 'External', external }] }))
    await world.advance(SYNC)
    expect(await scene.replicas()).toBe(4)
    expect(await world.events(horizontalPodAutoscaler)).toEqual([
      'SuccessfulRescale: New size: 4; reason: external metric length(&LabelSelector{MatchLabels:map[string]string{queue: work,},MatchExpressions:[]LabelSelectorRequirement{},}) above target',
    ])
    const { status } = await world.get(horizontalPodAutoscaler, 'web')
    expect(status.currentMetrics[0]!.external!.current).toEqual({ averageValue: '35' })
  })

  test('an external metric that is not there', async ({ scene }) => {
    const { world } = scene
    await scene.deploy(2)
    const external = { metric: { name: 'length' }, target: { type: 'Value', value: '10' } }
    await world.apply(horizontalPodAutoscaler, autoscalerOf({ metrics: [{ type: 'External', external }] }))
    await world.advance(SYNC)
    expect((await world.events(horizontalPodAutoscaler))[0]).toBe(
      'FailedGetExternalMetric: unable to get external metric default/length/nil: no metrics returned from external metrics API',
    )
  })
})

describe('behaviour', () => {
  test('policies say how fast it scales up', async ({ scene }) => {
    const { world, metrics } = scene
    await scene.deploy(2)
    load(metrics, 5000)
    const scaleUp = { policies: [{ type: 'Pods', value: 2, periodSeconds: 60 }] }
    await world.apply(horizontalPodAutoscaler, autoscalerOf({ maxReplicas: 100, behavior: { scaleUp } }))
    await world.advance(SYNC)
    expect(await scene.replicas()).toBe(4)
    await world.advance(3 * SYNC)
    expect(await scene.replicas()).toBe(4)
    await world.advance(SYNC)
    expect(await scene.replicas()).toBe(6)
  })

  test('of several policies the one that allows most counts, unless it is to be the least', async ({ scene }) => {
    const { world, metrics } = scene
    await scene.deploy(10)
    load(metrics, 5000)
    const policies = [
      { type: 'Pods', value: 2, periodSeconds: 600 },
      { type: 'Percent', value: 50, periodSeconds: 600 },
    ]
    const up = (selectPolicy: string) => ({ scaleUp: { policies, selectPolicy } })
    await world.apply(horizontalPodAutoscaler, autoscalerOf({ maxReplicas: 100, behavior: up('Min') }))
    await world.advance(SYNC)
    expect(await scene.replicas()).toBe(12)
    await world.apply(horizontalPodAutoscaler, autoscalerOf({ maxReplicas: 100, behavior: up('Max') }))
    await world.advance(SYNC)
    expect(await scene.replicas()).toBe(15)
  })

  test('a direction may be disabled', async ({ scene }) => {
    const { world, metrics } = scene
    await scene.deploy(5)
    load(metrics, 0)
    const behavior = { scaleDown: { selectPolicy: 'Disabled', stabilizationWindowSeconds: 0 } }
    await world.apply(horizontalPodAutoscaler, autoscalerOf({ behavior }))
    await world.advance(minutes(30))
    expect(await scene.replicas()).toBe(5)
    expect(await scene.condition('ScalingLimited')).toBe(
      'True ScaleDownLimit: the desired replica count is decreasing faster than the maximum scale rate',
    )
  })

  test('policies say how fast it scales down', async ({ scene }) => {
    const { world, metrics } = scene
    await scene.deploy(10)
    load(metrics, 0)
    const scaleDown = { stabilizationWindowSeconds: 0, policies: [{ type: 'Percent', value: 20, periodSeconds: 60 }] }
    await world.apply(horizontalPodAutoscaler, autoscalerOf({ behavior: { scaleDown } }))
    await world.advance(SYNC)
    expect(await scene.replicas()).toBe(8)
    await world.advance(minutes(1))
    expect(await scene.replicas()).toBe(6)
  })

  test('upwards, too, the lowest of a window may be what counts', async ({ scene }) => {
    const { world, metrics } = scene
    await scene.deploy(2)
    load(metrics, 50)
    await world.apply(
      horizontalPodAutoscaler,
      autoscalerOf({ behavior: { scaleUp: { stabilizationWindowSeconds: 60 } } }),
    )
    await world.advance(SYNC)
    load(metrics, 100)
    await world.advance(3 * SYNC)
    expect(await scene.replicas()).toBe(2)
    expect(await scene.condition('AbleToScale')).toBe(
      'True ScaleUpStabilized: recent recommendations were lower than current one, applying the lowest recent recommendation',
    )
    await world.advance(2 * SYNC)
    expect(await scene.replicas()).toBe(4)
  })
})

describe('the target', () => {
  test('that is not there', async ({ scene }) => {
    const { world } = scene
    await world.apply(horizontalPodAutoscaler, autoscalerOf())
    await world.advance(SYNC)
    expect(await scene.condition('AbleToScale')).toBe(
      'False FailedGetScale: the HPA controller was unable to get the target\'s current scale: replicasets.apps "web" not found',
    )
    expect(await world.events(horizontalPodAutoscaler)).toEqual(['FailedGetScale: replicasets.apps "web" not found'])
  })

  test('of a kind that is not there', async ({ scene }) => {
    const { world } = scene
    const scaleTargetRef = { apiVersion: 'example.com/v1', kind: 'Gizmo', name: 'web' }
    await world.apply(horizontalPodAutoscaler, autoscalerOf({ scaleTargetRef }))
    await world.advance(SYNC)
    expect(await world.events(horizontalPodAutoscaler)).toEqual([
      'FailedGetScale: no matches for kind "Gizmo" in group "example.com"',
    ])
  })

  test('in a version that is not served', async ({ scene }) => {
    const { world, metrics } = scene
    await scene.deploy(1)
    load(metrics, 100)
    const scaleTargetRef = { apiVersion: 'apps/v1beta7', kind: 'ReplicaSet', name: 'web' }
    await world.apply(horizontalPodAutoscaler, autoscalerOf({ scaleTargetRef }))
    await world.advance(SYNC)
    expect(await scene.replicas()).toBe(2)
  })

  test('whose size cannot be written', async ({ scene }) => {
    const { world, metrics } = scene
    await scene.deploy(1)
    load(metrics, 100)
    await world.apply(horizontalPodAutoscaler, autoscalerOf())
    world.fault = ({ subresource, verb }) => {
      if (subresource === 'scale' && verb === 'update') throw new Error('no')
    }
    await world.advance(SYNC)
    expect(await scene.condition('AbleToScale')).toBe(
      'False FailedUpdateScale: the HPA controller was unable to update the target scale: no',
    )
    world.fault = undefined
    await world.advance(SYNC)
    expect(await scene.replicas()).toBe(2)
  })

  test('has one autoscaler only', async ({ scene }) => {
    const { world, metrics } = scene
    await scene.deploy(1)
    load(metrics, 100)
    await world.apply(horizontalPodAutoscaler, autoscalerOf())
    await world.apply(horizontalPodAutoscaler, { ...autoscalerOf(), metadata: { name: 'zzz' } })
    await world.advance(minutes(1))
    expect(await scene.condition('ScalingActive')).toBe(
      'False AmbiguousSelector: pods by selector app=web are controlled by multiple HPAs: [default/web default/zzz]',
    )
    await world.client.delete(horizontalPodAutoscaler, { namespace: 'default', name: 'zzz' })
    await world.advance(minutes(1))
    expect(await scene.condition('ScalingActive')).toMatch(/^True ValidMetricFound/)
  })
})

test('nothing happens while there are no autoscalers', async ({ scene }) => {
  const { world, metrics } = scene
  await scene.deploy(1)
  let asked = 0
  metrics.resource = () => ++asked
  await world.apply(horizontalPodAutoscaler, autoscalerOf())
  await world.advance(minutes(1))
  expect(asked).toBe(4)
  await world.client.delete(horizontalPodAutoscaler, { namespace: 'default', name: 'web' })
  await world.advance(minutes(60))
  expect(asked).toBe(4)
})
