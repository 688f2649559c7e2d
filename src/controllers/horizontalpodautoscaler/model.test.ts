import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seconds, World } from '../../../test/support/world.ts'
import { replicaSet } from '../../api/apps/replicaset.ts'
import { horizontalPodAutoscaler } from '../../api/autoscaling/horizontalpodautoscaler.ts'
import { horizontalPodAutoscalerController } from '../horizontalpodautoscaler.ts'
import { replicaSetController } from '../replicaset.ts'
import { autoscalerOf, cpuTarget, MadeUpMetrics } from './testing.ts'

type Step =
  | { readonly load: number }
  | { readonly bounds: readonly [number, number] }
  | { readonly wait: number }
  | { readonly metrics: boolean }
  | { readonly failing: boolean }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ load: fc.integer({ min: 0, max: 2000 }) }),
  fc.record({
    bounds: fc
      .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 6 }))
      .map(([min, more]) => [min, min + more] as const),
  }),
  fc.record({ wait: fc.integer({ min: 1, max: 400 }) }),
  fc.record({ metrics: fc.boolean() }),
  fc.record({ failing: fc.boolean() }),
)

const web = {
  metadata: { name: 'web' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'main', image: 'web:1', resources: { requests: { cpu: '100m' } } }] },
    },
  },
}

test('whatever happens, an autoscaler never asks for a size outside its bounds, and reaches what load needs', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.nat(), async (steps, seed) => {
      const metrics = new MadeUpMetrics()
      const controllers = [horizontalPodAutoscalerController(metrics.client), replicaSetController]
      const world = await World.start({ controllers, runPods: true, seed })
      let [min, max] = [1, 10]
      let load = 100
      const asked: number[] = []
      let failing = false
      world.fault = ({ subresource, verb, body }) => {
        if (subresource !== 'scale' || verb !== 'update') return
        if (failing) throw new Error('not now')
        const { replicas } = (body as { spec: { replicas: number } }).spec
        if (replicas < min || replicas > max) asked.push(replicas)
      }
      const known = () => {
        metrics.resource = () => load / Math.max(1, running)
      }
      let running = 2
      const count = async () => {
        running = (await world.pods()).length
      }
      const wait = async (time: number) => {
        for (let left = time; left > 0; left -= 15) {
          await count()
          await world.advance(seconds(Math.min(15, left)))
        }
      }
      try {
        known()
        await world.apply(replicaSet, web)
        await world.apply(horizontalPodAutoscaler, autoscalerOf({ metrics: [cpuTarget(50)] }))
        for (const one of steps) {
          if ('load' in one) load = one.load
          else if ('wait' in one) await wait(one.wait)
          else if ('failing' in one) failing = one.failing
          else if ('metrics' in one) {
            if (one.metrics) known()
            else metrics.resource = undefined
          } else {
            ;[min, max] = one.bounds
            await world.apply(
              horizontalPodAutoscaler,
              autoscalerOf({ minReplicas: min, maxReplicas: max, metrics: [cpuTarget(50)] }),
            )
          }
        }
        failing = false
        known()
        await wait(1500)
        expect(asked).toEqual([])
        const { replicas } = (await world.get(replicaSet, 'web')).spec
        expect(replicas).toBeGreaterThanOrEqual(min)
        expect(replicas).toBeLessThanOrEqual(max)
        const each = load / replicas
        if (replicas < max) expect(each).toBeLessThanOrEqual(56)
        if (replicas > min) expect(load / (replicas - 1)).toBeGreaterThan(44)
      } finally {
        world.stop()
      }
    }),
    { numRuns: 30 },
  )
}, 60_000)
