import { expect, test } from 'vitest'
import { VirtualClock } from '../apimachinery/virtual-clock.ts'
import { WorkQueue } from './work-queue.ts'

/** Takes what is there now. */
async function drain(queue: WorkQueue): Promise<string[]> {
  const keys: string[] = []
  while (!queue.idle) {
    const key = (await queue.next())!
    keys.push(key)
    queue.done(key)
  }
  return keys
}

test('hands keys out in order, each once', async () => {
  const queue = new WorkQueue(new VirtualClock())
  for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key)
  expect(await drain(queue)).toEqual(['a', 'b', 'c'])
})

test('a key added while it is worked on comes back afterwards, not meanwhile', async () => {
  const queue = new WorkQueue(new VirtualClock())
  queue.add('a')
  expect(await queue.next()).toBe('a')
  queue.add('a')
  queue.add('b')
  expect(await queue.next()).toBe('b')
  queue.done('a')
  expect(await queue.next()).toBe('a')
})

test('a taker that waits gets the next key', async () => {
  const queue = new WorkQueue(new VirtualClock())
  const waiting = queue.next()
  queue.add('a')
  expect(await waiting).toBe('a')
  expect(queue.idle).toBe(false)
})

test('a delayed key comes when it is due, and the sooner of two times counts', async () => {
  const clock = new VirtualClock()
  const queue = new WorkQueue(clock)
  queue.addAfter('a', 1000)
  queue.addAfter('a', 5000)
  await clock.advance(999)
  expect(queue.idle).toBe(true)
  await clock.advance(1)
  expect(await drain(queue)).toEqual(['a'])
  await clock.advance(10_000)
  expect(queue.idle).toBe(true)
})

test('failures in a row wait twice as long each, until forgotten', async () => {
  const clock = new VirtualClock()
  const queue = new WorkQueue(clock)
  const waits: number[] = []
  for (let i = 0; i < 4; i++) {
    queue.addRateLimited('a')
    waits.push(clock.nextDue()! - clock.now())
    await clock.advance(waits[i]!)
    await drain(queue)
  }
  expect(waits).toEqual([5, 10, 20, 40])
  queue.forget('a')
  queue.addRateLimited('a')
  expect(clock.nextDue()! - clock.now()).toBe(5)
})

test('closing ends the wait of takers and drops what was delayed', async () => {
  const clock = new VirtualClock()
  const queue = new WorkQueue(clock)
  const waiting = queue.next()
  queue.addAfter('a', 10)
  queue.close()
  expect(await waiting).toBeUndefined()
  expect(clock.nextDue()).toBeUndefined()
  queue.add('b')
  expect(await queue.next()).toBeUndefined()
})
