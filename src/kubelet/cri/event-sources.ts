import { PassThrough } from 'node:stream'
import { anySignal } from '../../apimachinery/abort.ts'
import { type Clock, sleep } from '../../apimachinery/clock.ts'
import type { Channel, Method } from './channel.ts'
import type { containerEventResponse } from './messages/container.ts'
import {
  envelope,
  subscribeRequest,
  taskCreate,
  taskDelete,
  taskExit,
  taskOom,
  taskStart,
} from './messages/containerd-events.ts'
import { type Infer, type Message, millis } from './protobuf.ts'
import { getContainerEvents, runtimeService } from './services.ts'

/** Something that happened to a container, or to a sandbox, whose id then stands in `containerId`. */
export interface ContainerEvent {
  type: 'create' | 'start' | 'exit' | 'oom' | 'delete'
  containerId: string
  /** The pod's sandbox, where the runtime says so. */
  podSandboxId?: string
  /** The pod's uid, where the runtime says so. */
  podUid?: string
  /** The container's first process. */
  pid?: number
  exitCode?: number
  /** Milliseconds since the Unix epoch, by the runtime's clock. */
  time: number
}

/** One way in which a runtime tells of its containers. Ends or throws when the connection does. */
export type EventSource = (
  channel: Channel,
  signal: AbortSignal,
  clock: Clock,
) => AsyncGenerator<ContainerEvent, void, void>

const TYPES = {
  CONTAINER_CREATED_EVENT: 'create',
  CONTAINER_STARTED_EVENT: 'start',
  CONTAINER_STOPPED_EVENT: 'exit',
  CONTAINER_DELETED_EVENT: 'delete',
} as const

/** The CRI's own events (KEP-3386). */
export const criEvents: EventSource = async function* (channel, signal) {
  for await (const event of channel.stream(getContainerEvents, {}, { signal })) yield containerEventOf(event)
}

/** A CRI event in our terms. */
function containerEventOf(event: Infer<typeof containerEventResponse>): ContainerEvent {
  const metadata = event.podSandboxStatus?.metadata
  const status = event.containersStatuses.find(({ id }) => id === event.containerId)
  const type = TYPES[event.containerEventType]
  return {
    type,
    containerId: event.containerId,
    podSandboxId: event.podSandboxStatus?.id,
    podUid: metadata?.uid,
    exitCode: type === 'exit' ? status?.exitCode : undefined,
    time: millis(event.createdAt),
  }
}

const subscribe: Method<Infer<typeof subscribeRequest>, Infer<typeof envelope>> = {
  path: '/containerd.services.events.v1.Events/Subscribe',
  request: subscribeRequest,
  response: envelope,
}

/** containerd's namespace for all that belongs to the CRI. */
const NAMESPACE = 'k8s.io'

/** containerd's native task events, which every release has. */
export const containerdEvents: EventSource = async function* (channel, signal, clock) {
  const filters = [`namespace==${NAMESPACE},topic~=|^/tasks/|`]
  const metadata = { 'containerd-namespace': NAMESPACE }
  const events = new PassThrough({ objectMode: true })
  const ended = new AbortController()
  const either = anySignal(signal, ended.signal)
  // After the end of the connection everything is looked at anyway.
  const tell = (event: ContainerEvent) => void (events.writable && events.write(event))
  const fail = (error: Error) => void events.destroy(error)
  const read = async () => {
    for await (const item of channel.stream(subscribe, { filters }, { signal: either, metadata })) {
      const event = taskEventOf(item)
      if (event?.type === 'exit') untilKnown(event.containerId, channel, either, clock).then(() => tell(event), fail)
      else if (event) tell(event)
    }
  }
  read().then(() => events.end(), fail)
  try {
    yield* events as AsyncIterable<ContainerEvent>
  } finally {
    ended.abort(new Error('nobody listens any more'))
  }
}

/** How far apart the CRI is asked whether it knows of an exit; the last one again and again. */
const KNOWN_AFTER_MS = [0, 2, 5, 10, 20, 40, 80, 160, 320, 640, 1_000]

/**
 * containerd tells of an exit before its CRI part has noted it, by milliseconds as a rule, by seconds when it has to
 * try again. Without this wait, who looks at the container on hearing of its end would find it running, and hear
 * nothing more. Other events go on meanwhile.
 */
async function untilKnown(id: string, channel: Channel, signal: AbortSignal, clock: Clock): Promise<void> {
  const running = { filter: { id, state: 'CONTAINER_RUNNING' as const } }
  const ready = { filter: { id, state: 'SANDBOX_READY' as const } }
  for (let i = 0; ; i++) {
    const wait = KNOWN_AFTER_MS[Math.min(i, KNOWN_AFTER_MS.length - 1)]!
    if (wait > 0) await sleep(clock, wait, signal)
    const [{ containers }, { items }] = await Promise.all([
      channel.call(runtimeService.listContainers, running, { signal }),
      channel.call(runtimeService.listPodSandbox, ready, { signal }),
    ])
    if (containers.length === 0 && items.length === 0) return
  }
}

const toMillis = (at: { seconds: number; nanos: number } | undefined) =>
  at ? at.seconds * 1000 + Math.floor(at.nanos / 1e6) : 0

/** A containerd event in our terms; undefined for those that do not concern a container's first process. */
export function taskEventOf({ topic, timestamp, event }: Infer<typeof envelope>): ContainerEvent | undefined {
  const payload = <T>(type: Message<T>) => type.decode(event?.value ?? new Uint8Array(0))
  const time = toMillis(timestamp)
  switch (topic) {
    case '/tasks/create':
      return { type: 'create', time, ...payload(taskCreate) }
    case '/tasks/start':
      return { type: 'start', time, ...payload(taskStart) }
    case '/tasks/oom':
      return { type: 'oom', time, ...payload(taskOom) }
    case '/tasks/exit': {
      const { id, containerId, pid, exitStatus, exitedAt } = payload(taskExit)
      const isFirst = id === '' || id === containerId
      return isFirst
        ? { type: 'exit', containerId, pid, exitCode: exitStatus, time: toMillis(exitedAt) || time }
        : undefined
    }
    case '/tasks/delete': {
      const { id, containerId, pid, exitStatus } = payload(taskDelete)
      const isFirst = id === '' || id === containerId
      return isFirst ? { type: 'delete', containerId, pid, exitCode: exitStatus, time } : undefined
    }
    default:
      return undefined
  }
}
