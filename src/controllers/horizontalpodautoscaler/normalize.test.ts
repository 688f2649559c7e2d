import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { HPAScalingPolicy, HPAScalingRules } from '../../api/autoscaling/horizontalpodautoscaler.ts'
import { Conditions } from './conditions.ts'
import { History } from './history.ts'
import { normalized, rememberedMs } from './normalize.ts'

const policy = fc.record({
  type: fc.constantFrom('Pods', 'Percent'),
  value: fc.integer({ min: 1, max: 150 }),
  periodSeconds: fc.integer({ min: 1, max: 120 }),
})
const rules = fc.record({
  policies: fc.array(policy, { minLength: 1, maxLength: 3 }),
  selectPolicy: fc.constantFrom('Max', 'Min', 'Disabled'),
  stabilizationWindowSeconds: fc.constantFrom(0, 30, 90),
})
const bounds = fc
  .tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 70 }))
  .map(([minReplicas, more]) => ({ minReplicas, maxReplicas: minReplicas + more }))
/** What metrics ask for, after how many seconds. */
const history = fc.array(fc.tuple(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 1, max: 60 })), { maxLength: 40 })

/** How many there were at a time. */
function sizeAt(sizes: readonly (readonly [at: number, size: number])[], time: number): number {
  return sizes.findLast(([at]) => at <= time)?.[1] ?? sizes[0]![1]
}

/** How far one policy lets it go up, or down, from what there was. */
function limitOf(
  { type, value, periodSeconds }: HPAScalingPolicy,
  sizeBefore: (ms: number) => number,
  up: boolean,
): number {
  const before = sizeBefore(periodSeconds * 1000)
  if (type === 'Pods') return up ? before + value : before - value
  return up ? Math.ceil(before * (1 + value / 100)) : Math.trunc(before * (1 - value / 100))
}

/** Whether the policies of a direction together allow a size. */
function allow(
  { policies = [], selectPolicy }: HPAScalingRules,
  sizeBefore: (ms: number) => number,
  to: number,
  up: boolean,
): boolean {
  if (selectPolicy === 'Disabled') return false
  const test = (one: HPAScalingPolicy) => {
    const limit = limitOf(one, sizeBefore, up)
    return up ? to <= limit : to >= limit
  }
  return selectPolicy === 'Min' ? policies.every(test) : policies.some(test)
}

test('with policies, size never leaves its bounds, and never changes faster than they say', () => {
  fc.assert(
    fc.property(bounds, rules, rules, history, fc.nat(), ({ minReplicas, maxReplicas }, up, down, steps, start) => {
      const behavior = { scaleUp: up, scaleDown: down }
      const past = new History()
      let now = 0
      let currentReplicas = minReplicas + (start % (maxReplicas - minReplicas + 1))
      const sizes: [number, number][] = [[now, currentReplicas]]
      past.begin(currentReplicas, now)
      for (const [desired, wait] of steps) {
        now += wait * 1000
        const frame = { currentReplicas, minReplicas, maxReplicas, history: past, now }
        const to = normalized(desired, behavior, frame, new Conditions([], now))
        expect(to).toBeGreaterThanOrEqual(minReplicas)
        expect(to).toBeLessThanOrEqual(maxReplicas)
        if (to === currentReplicas) continue
        const before = (ms: number) => sizeAt(sizes, now - ms)
        const isUp = to > currentReplicas
        expect(allow(isUp ? up : down, before, to, isUp)).toBe(true)
        past.scaled(currentReplicas, to, now, rememberedMs(behavior))
        currentReplicas = to
        sizes.push([now, to])
      }
    }),
    { numRuns: 2000 },
  )
})

test('without, it stays in bounds, at most doubles, and shrinks to no less than was asked for in five minutes', () => {
  fc.assert(
    fc.property(bounds, history, ({ minReplicas, maxReplicas }, steps) => {
      const past = new History()
      let now = 0
      let currentReplicas = minReplicas
      past.begin(currentReplicas, now)
      const asked: [number, number][] = [[0, currentReplicas]]
      for (const [desired, wait] of steps) {
        now += wait * 1000
        asked.push([now, desired])
        const frame = { currentReplicas, minReplicas, maxReplicas, history: past, now }
        const to = normalized(desired, undefined, frame, new Conditions([], now))
        const recent = asked.filter(([at]) => at >= now - 300_000).map(([, replicas]) => replicas)
        expect(to).toBeGreaterThanOrEqual(minReplicas)
        expect(to).toBeLessThanOrEqual(Math.min(maxReplicas, Math.max(4, 2 * currentReplicas, minReplicas)))
        if (to < currentReplicas) expect(to).toBeGreaterThanOrEqual(Math.min(maxReplicas, Math.max(...recent)))
        currentReplicas = to
      }
    }),
    { numRuns: 2000 },
  )
})
