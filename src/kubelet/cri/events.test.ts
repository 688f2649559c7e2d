import { expect, test } from 'vitest'
import { VirtualClock } from '../../apimachinery/virtual-clock.ts'
import type { Channel } from './channel.ts'
import { CriError } from './error.ts'
import { taskEventOf } from './event-sources.ts'
import { type RuntimeEvent, runtimeEvents } from './events.ts'
import { envelope, taskExit, taskOom } from './messages/containerd-events.ts'

const at = { seconds: 1_700_000_000, nanos: 5_000_000 }

const exitOf = (containerId: string, id = containerId) => ({
  timestamp: at,
  namespace: 'k8s.io',
  topic: '/tasks/exit',
  event: {
    typeUrl: 'containerd.events.TaskExit',
    value: taskExit.encode({ containerId, id, pid: 7, exitStatus: 137, exitedAt: at }),
  },
})

const decoded = (value: Parameters<typeof envelope.encode>[0]) => envelope.decode(envelope.encode(value))

test('an exit tells of the first process only', () => {
  expect(taskEventOf(decoded(exitOf('c1')))).toEqual({
    type: 'exit',
    containerId: 'c1',
    pid: 7,
    exitCode: 137,
    time: 1_700_000_000_005,
  })
  expect(taskEventOf(decoded(exitOf('c1', 'exec-1')))).toBeUndefined()
})

test('an out-of-memory event carries the time of its envelope', () => {
  const oom = { timestamp: at, topic: '/tasks/oom', event: { value: taskOom.encode({ containerId: 'c1' }) } }
  expect(taskEventOf(decoded(oom))).toEqual({ type: 'oom', containerId: 'c1', time: 1_700_000_000_005 })
})

type Stream = () => AsyncGenerator<unknown, void, void>

/**
 * A runtime whose subscriptions behave, one after the other, as the given streams do, and which lists as running the
 * containers that `running` names, one answer after the other.
 */
function fakeChannel(streams: Record<string, Stream[]>, running: string[][] = []): Channel {
  return {
    call: async method =>
      (method.path.endsWith('/ListContainers') ? { containers: running.shift() ?? [] } : { items: [] }) as never,
    stream: (method): AsyncGenerator<never, void, void> => {
      const next = streams[method.path.split('/').at(-1)!]?.shift()
      return (next ?? refusing(new CriError('UNAVAILABLE', 'gone', method.path)))() as never
    },
    close: () => {},
  }
}

const refusing = (error: Error): Stream =>
  // biome-ignore lint/correctness/useYield: a stream that fails before its first message
  async function* () {
    throw error
  }

const telling = (...values: unknown[]): Stream =>
  async function* () {
    yield* values
  }

const lasting = (...values: unknown[]): Stream =>
  async function* () {
    yield* values
    await new Promise(() => {})
  }

async function take(count: number, channel: Channel, clock = new VirtualClock()): Promise<RuntimeEvent['type'][]> {
  const ended = new AbortController()
  const types: RuntimeEvent['type'][] = []
  const pump = async () => {
    for (let i = 0; i < 100 && types.length < count; i++) {
      await new Promise(resolve => setImmediate(resolve))
      await clock.advance(1_000)
    }
  }
  const listening = (async () => {
    for await (const event of runtimeEvents(channel, clock, ended.signal)) {
      types.push(event.type)
      if (types.length === count) break
    }
  })()
  await Promise.all([listening, pump()])
  ended.abort()
  return types
}

test('a runtime without CRI events is listened to by containerd events', async () => {
  const channel = fakeChannel({
    GetContainerEvents: [refusing(new CriError('UNIMPLEMENTED', 'unknown method', 'GetContainerEvents'))],
    Subscribe: [lasting(decoded(exitOf('c1')))],
  })
  expect(await take(2, channel)).toEqual(['resync', 'exit'])
})

test('an exit is told only when the runtime no longer lists the container as running, however long that takes', async () => {
  const answers = [...Array.from({ length: 30 }, () => ['c1']), []]
  const channel = fakeChannel(
    {
      GetContainerEvents: [refusing(new CriError('UNIMPLEMENTED', 'unknown method', 'GetContainerEvents'))],
      Subscribe: [lasting(decoded(exitOf('c1')))],
    },
    answers,
  )
  expect(await take(2, channel)).toEqual(['resync', 'exit'])
  expect(answers).toEqual([])
})

test('an exit that the runtime does not know of yet holds up no other', async () => {
  const isC1 = (id: string | undefined) => id === 'c1'
  const channel = fakeChannel({
    GetContainerEvents: [refusing(new CriError('UNIMPLEMENTED', 'unknown method', 'GetContainerEvents'))],
    Subscribe: [lasting(decoded(exitOf('c1')), decoded(exitOf('c2')))],
  })
  channel.call = async (_, request) =>
    ({ items: [], containers: isC1((request as { filter?: { id: string } }).filter?.id) ? ['c1'] : [] }) as never
  const ended = new AbortController()
  for await (const event of runtimeEvents(channel, new VirtualClock(), ended.signal)) {
    if (event.type === 'resync') continue
    expect(event).toMatchObject({ type: 'exit', containerId: 'c2' })
    break
  }
  ended.abort()
})

test('after a lost connection comes a resync', async () => {
  const event = {
    containerEventType: 'CONTAINER_STOPPED_EVENT',
    containersStatuses: [],
    createdAt: 0n,
    containerId: 'x',
  }
  const channel = fakeChannel({ GetContainerEvents: [telling(event), telling(event)] })
  expect(await take(4, channel)).toEqual(['resync', 'exit', 'resync', 'exit'])
})

test('a runtime without any events is looked at every second', async () => {
  const unimplemented = () => refusing(new CriError('UNIMPLEMENTED', 'unknown', 'any'))
  const channel = fakeChannel({ GetContainerEvents: [unimplemented()], Subscribe: [unimplemented()] })
  expect(new Set(await take(4, channel))).toEqual(new Set(['resync']))
})
