import { afterEach, expect, test } from 'vitest'
import { VirtualClock } from '../../apimachinery/virtual-clock.ts'
import { Collector } from './collector.ts'
import type { NodePoints } from './scrape.ts'

let end = new AbortController()
afterEach(() => end.abort())

function started({ nodes = ['a'] }: { nodes?: string[] } = {}) {
  end = new AbortController()
  const clock = new VirtualClock()
  const began = clock.now()
  const looks: number[] = []
  const down = new Set<string>()
  const collector = new Collector({
    clock,
    signal: end.signal,
    nodes: () => nodes,
    async scrape(node): Promise<NodePoints> {
      looks.push(clock.now())
      if (down.has(node)) throw new Error('it does not answer')
      const at = clock.now()
      const point = { at, cpuSeconds: (at - began) / 10_000, workingSet: 1024 }
      return { node: point, pods: new Map([['default/web', new Map([['main', point]])]]) }
    },
  })
  const settle = () => new Promise<void>(resolve => setImmediate(resolve))
  const advance = (ms: number) => clock.advance(ms, settle)
  const ask = async () => {
    const ready = collector.ready()
    await settle()
    await advance(1_000)
    await ready
  }
  return { clock, collector, looks, down, advance, ask, nodes }
}

test('who asks first waits a second and gets what was used in it', async () => {
  const { collector, ask } = started()
  expect(collector.node('a')).toBeUndefined()
  await ask()
  expect(collector.node('a')).toMatchObject({ windowMs: 1_000, nanoCores: 100_000_000 })
  expect(collector.pod('a', 'default/web')!.get('main')).toMatchObject({ windowMs: 1_000, workingSet: 1024 })
})

test('then nodes are looked at every 15 s, until nobody has asked for five minutes', async () => {
  const { collector, looks, advance, ask } = started()
  await ask()
  const before = looks.length
  await advance(15_000)
  expect(looks.length).toBe(before + 1)
  expect(collector.node('a')).toMatchObject({ windowMs: 15_000 })
  await advance(10 * 60_000)
  const rested = looks.length
  expect(rested).toBeLessThanOrEqual(before + 21)
  await advance(60 * 60_000)
  expect(looks.length).toBe(rested)
  expect(collector.node('a')).toBeUndefined()
})

test('while somebody asks it goes on', async () => {
  const { collector, looks, advance, ask } = started()
  await ask()
  const before = looks.length
  for (let minute = 0; minute < 20; minute++) {
    await collector.ready()
    await advance(60_000)
  }
  expect(looks.length).toBe(before + 80)
})

test('without nodes nothing is done', async () => {
  const { clock, collector } = started({ nodes: [] })
  const before = clock.now()
  await collector.ready()
  expect(clock.now()).toBe(before)
})

test('a node that does not answer is left out until it has answered twice', async () => {
  const { collector, down, advance, ask } = started({ nodes: ['a', 'b'] })
  await ask()
  down.add('b')
  await advance(15_000)
  expect(collector.node('a')).toBeDefined()
  expect(collector.node('b')).toBeUndefined()
  down.clear()
  await advance(15_000)
  expect(collector.node('b')).toBeUndefined()
  await advance(15_000)
  expect(collector.node('b')).toMatchObject({ windowMs: 15_000 })
})
