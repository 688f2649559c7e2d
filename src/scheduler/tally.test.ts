import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Tally } from './tally.ts'

test('a tally says what counting anew would say, whatever joins, leaves and changes', () => {
  const node = fc.record({ value: fc.constantFrom('a', 'b', 'c', 'd'), pods: fc.nat(3) })
  const step = fc.oneof(
    node.map(node => ({ join: node })),
    fc.nat(20).map(leave => ({ leave })),
    fc.record({ on: fc.nat(20), by: fc.constantFrom(1, -1) }).map(pods => ({ pods })),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const tally = new Tally()
      const nodes: { value: string; pods: number }[] = []
      for (const step of steps) {
        if ('join' in step) {
          nodes.push({ ...step.join })
          tally.addNode(step.join.value, step.join.pods)
        } else if (nodes.length === 0) {
          continue
        } else if ('leave' in step) {
          const [gone] = nodes.splice(step.leave % nodes.length, 1)
          tally.removeNode(gone!.value, gone!.pods)
        } else {
          const changed = nodes[step.pods.on % nodes.length]!
          if (changed.pods + step.pods.by < 0) continue
          changed.pods += step.pods.by
          tally.addPods(changed.value, step.pods.by)
        }
        const counts = new Map<string, number>()
        for (const { value, pods } of nodes) counts.set(value, (counts.get(value) ?? 0) + pods)
        expect([...tally.counts()].sort()).toEqual([...counts].sort())
        expect(tally.size).toBe(counts.size)
        expect(tally.least).toBe(counts.size === 0 ? 0 : Math.min(...counts.values()))
        expect(tally.total).toBe(nodes.reduce((total, { pods }) => total + pods, 0))
      }
    }),
  )
})

test('what would be leaves what is alone', () => {
  const tally = new Tally()
  tally.addNode('a', 1)
  tally.addNode('b', 3)
  const shifted = tally.with('a', 1).with('a', 2)
  expect([shifted.get('a'), shifted.least, shifted.total, shifted.size]).toEqual([4, 3, 7, 2])
  expect([tally.get('a'), tally.least, tally.total]).toEqual([1, 1, 4])
})
