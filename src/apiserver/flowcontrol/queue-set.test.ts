import { expect, test } from 'vitest'
import { VirtualClock } from '../../apimachinery/virtual-clock.ts'
import type { FlowRequest } from './queue.ts'
import { type Flow, QueueSet, type Queuing } from './queue-set.ts'

const QUEUED: Queuing = { queues: 8, handSize: 1, queueLengthLimit: 5 }
const flow = (distinguisher: string, seats = 1, lingerMs = 0): Flow => ({
  schema: 's',
  distinguisher,
  work: { initialSeats: seats, finalSeats: lingerMs ? seats : 0, lingerMs },
})

function setOf(queuing: Queuing, limit: number) {
  const clock = new VirtualClock()
  const set = new QueueSet(clock)
  set.configure(queuing, limit)
  return { clock, set }
}

test('a level without limits lets everything in', () => {
  const { set } = setOf('exempt', 0)
  for (let i = 0; i < 10; i++) expect(set.begin(flow('a'))).toMatchObject({ started: expect.any(Number) })
  expect(set.executing).toBe(10)
})

test('a level without queues refuses what there are no seats for', () => {
  const { set } = setOf('reject', 2)
  const first = set.begin(flow('a')) as FlowRequest
  set.begin(flow('a'))
  expect(set.begin(flow('a'))).toBe('concurrency-limit')
  set.finish(first)
  set.finish(first)
  expect(set.begin(flow('a'))).toMatchObject({ started: expect.any(Number) })
})

test('what there is no room for waits its turn; a full queue refuses', () => {
  const { set } = setOf(QUEUED, 1)
  const running = set.begin(flow('a')) as FlowRequest
  const waiting = Array.from({ length: 5 }, () => set.begin(flow('a')) as FlowRequest)
  expect(set.begin(flow('a'))).toBe('queue-full')
  expect(waiting.map(({ started }) => started)).toEqual(Array(5).fill(undefined))
  const order: number[] = []
  waiting.forEach((request, i) => {
    request.onDispatch = () => order.push(i)
  })
  for (const request of [running, ...waiting]) set.finish(request)
  expect(order).toEqual([0, 1, 2, 3, 4])
  expect(set.idle).toBe(true)
})

test('flows get the same share however much each asks for', async () => {
  const { clock, set } = setOf({ queues: 8, handSize: 1, queueLengthLimit: 1000 }, 1)
  const done: string[] = []
  const run = (request: FlowRequest | string) => {
    const working = request as FlowRequest
    const work = () => {
      clock.timer(10, () => {
        done.push(working.distinguisher)
        set.finish(working)
      })
    }
    if (working.started === undefined) working.onDispatch = work
    else work()
  }
  // Flows whose hands are different queues.
  const [greedy, modest] = ['a', 'c']
  for (let i = 0; i < 100; i++) run(set.begin(flow(greedy)))
  for (let i = 0; i < 10; i++) run(set.begin(flow(modest)))
  for (let i = 0; i < 30; i++) await clock.advance(10)
  expect(done.filter(name => name === modest).length).toBe(10)
})

test('a wide request takes its seats, and one wider than all runs alone', () => {
  const { set } = setOf(QUEUED, 3)
  const wide = set.begin(flow('a', 3)) as FlowRequest
  const narrow = set.begin(flow('b')) as FlowRequest
  expect([wide.started !== undefined, narrow.started]).toEqual([true, undefined])
  set.finish(wide)
  expect(narrow.started).toBeDefined()
  const widest = set.begin(flow('a', 9)) as FlowRequest
  expect(widest.started).toBeUndefined()
  set.finish(narrow)
  expect(widest.started).toBeDefined()
})

test('seats stay taken while what a request caused is worked on', async () => {
  const { clock, set } = setOf(QUEUED, 1)
  const change = set.begin(flow('a', 1, 50)) as FlowRequest
  set.finish(change)
  const next = set.begin(flow('a')) as FlowRequest
  expect(next.started).toBeUndefined()
  await clock.advance(50)
  expect(next.started).toBeDefined()
})

test('who gives up leaves its queue', () => {
  const { set } = setOf(QUEUED, 1)
  const running = set.begin(flow('a')) as FlowRequest
  const impatient = set.begin(flow('a')) as FlowRequest
  set.cancel(impatient, 'time-out')
  set.finish(running)
  expect(impatient.started).toBeUndefined()
  expect([set.idle, set.timedOut, set.rejected]).toEqual([true, 1, 1])
})

test('more seats let waiting requests in; queues that are too many go when empty', () => {
  const { set } = setOf(QUEUED, 1)
  const requests = ['a', 'b', 'c'].map(name => set.begin(flow(name)) as FlowRequest)
  set.setLimit(3)
  expect(requests.every(({ started }) => started !== undefined)).toBe(true)
  set.configure({ queues: 1, handSize: 1, queueLengthLimit: 5 }, 3)
  for (const request of requests) set.finish(request)
  expect(set.queues).toHaveLength(1)
})
