import type { Pod } from '../../api/core/pod.ts'
import { type LogOptions, readLog } from '../logs/read-log.ts'
import { findContainer } from '../pods/pod.ts'
import type { RuntimeContainer, RuntimePod } from '../runtime/runtime-pod.ts'
import { drained } from './drained.ts'
import { type Endpoint, HttpError } from './endpoint.ts'
import { flag, podTarget } from './target.ts'

/** /containerLogs/NAMESPACE/POD/CONTAINER: what a container wrote. */
export const containerLogs: Endpoint = {
  name: 'containerLogs',
  methods: ['GET'],
  subresource: 'log',
  async handle(call, response) {
    const { pod, runtime } = await podTarget(call)
    const name = call.path[2] ?? ''
    const options = logOptions(call.query, call.tools.settings.clock.now())
    const container = logSource(pod, runtime, name, flag(call.query, 'previous'))
    const { cache } = call.tools
    const follower = {
      ended: cache.whenEnded(container.id),
      running: async () => isRunning((await cache.read(runtime.uid)).containers, container.id),
    }
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'transfer-encoding': 'chunked' })
    response.flushHeaders()
    for await (const chunk of readLog(container.logPath, options, call.signal, follower)) {
      if (!response.write(chunk)) await drained(response)
    }
    response.end()
  },
}

const isRunning = (containers: readonly RuntimeContainer[], id: string) =>
  containers.some(container => container.id === id && container.state !== 'exited')

/** The incarnation of a container whose log is asked for. Throws with upstream's words when there is none. */
export function logSource(pod: Pod, runtime: RuntimePod, name: string, previous: boolean): RuntimeContainer {
  const podName = pod.metadata.name
  if (!findContainer(pod, name)) throw new HttpError(404, `container ${name} not found in pod ${podName}`)
  const about = `container ${JSON.stringify(name)} in pod ${JSON.stringify(podName)}`
  const [newest, before] = runtime.containers.filter(container => container.name === name)
  const statuses = [
    ...(pod.status.containerStatuses ?? []),
    ...(pod.status.initContainerStatuses ?? []),
    ...(pod.status.ephemeralContainerStatuses ?? []),
  ]
  const waiting = statuses.find(status => status.name === name)?.state.waiting
  if (previous) {
    // While a container waits to be restarted, its last incarnation is the one that ended last.
    const found = newest?.state === 'exited' && waiting ? newest : before
    if (!found) throw new HttpError(400, `previous terminated ${about} not found`)
    return found
  }
  if (newest && newest.state !== 'created') return newest
  if (!waiting && newest === undefined) throw new HttpError(400, `${about} is waiting to start: ContainerCreating`)
  switch (waiting?.reason) {
    case 'ErrImagePull':
      throw new HttpError(400, `${about} is waiting to start: image can't be pulled`)
    case 'ImagePullBackOff':
      throw new HttpError(400, `${about} is waiting to start: trying and failing to pull image`)
    default:
      throw new HttpError(400, `${about} is waiting to start: ${waiting?.reason || 'ContainerCreating'}`)
  }
}

/** Options as the query has them. `now` in milliseconds since the epoch. */
function logOptions(query: URLSearchParams, now: number): LogOptions & { follow: boolean } {
  const number = (name: string) => {
    const text = query.get(name)
    if (text === null || text === '') return undefined
    const value = Number(text)
    if (!Number.isInteger(value) || value < 0) throw new HttpError(400, `${name} must be a whole number, not ${text}`)
    return value
  }
  const sinceSeconds = number('sinceSeconds')
  const sinceTime = query.get('sinceTime')
  const stream = query.get('stream')?.toLowerCase()
  return {
    follow: flag(query, 'follow'),
    timestamps: flag(query, 'timestamps'),
    tailLines: number('tailLines'),
    limitBytes: number('limitBytes'),
    since: sinceSeconds !== undefined ? now - sinceSeconds * 1000 : sinceTime ? Date.parse(sinceTime) : undefined,
    ...((stream === 'stdout' || stream === 'stderr') && { stream }),
  }
}
