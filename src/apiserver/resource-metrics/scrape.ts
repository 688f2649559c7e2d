import { StatusError } from '../../apimachinery/errors.ts'
import type { ApiServer } from '../apiserver.ts'
import { dialKubelet, requestOver } from '../subresources/kubelet.ts'
import { samplesOf } from './exposition.ts'
import type { Point } from './usage.ts'

/** A node and its containers at one look, the containers by pod (`namespace/name`) and name. */
export interface NodePoints {
  readonly node: Point | undefined
  readonly pods: ReadonlyMap<string, ReadonlyMap<string, Point>>
}

const PATH = '/metrics/resource'
const FIGURES: Readonly<Record<string, keyof Point>> = {
  node_cpu_usage_seconds_total: 'cpuSeconds',
  node_memory_working_set_bytes: 'workingSet',
  container_cpu_usage_seconds_total: 'cpuSeconds',
  container_memory_working_set_bytes: 'workingSet',
  container_start_time_seconds: 'startedAt',
}
const WANTED = new Set(Object.keys(FIGURES))

/** Asks a node's kubelet what the node and its containers have used. Rejects where it does not answer. */
export async function scrape(server: ApiServer, nodeName: string, signal: AbortSignal): Promise<NodePoints> {
  const connection = await dialKubelet(server, nodeName)
  const stop = () => connection.destroy()
  signal.addEventListener('abort', stop, { once: true })
  try {
    signal.throwIfAborted()
    const response = await requestOver(connection, { method: 'GET', path: PATH })
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString()
    if (response.statusCode !== 200) throw new StatusError(502, 'InternalError', `${PATH} of node ${nodeName}: ${text}`)
    return pointsIn(text, server.clock.now())
  } finally {
    signal.removeEventListener('abort', stop)
    connection.destroy()
  }
}

type Draft = { -readonly [K in keyof Point]?: Point[K] }

/** Reads what a kubelet says at /metrics/resource. `now`: when it said it, for samples that do not say so themselves. */
export function pointsIn(text: string, now: number): NodePoints {
  const node: Draft = {}
  const pods = new Map<string, Map<string, Draft>>()
  for (const { name, labels, value, at } of samplesOf(text, WANTED)) {
    const { namespace, pod, container } = labels
    const figure = FIGURES[name]!
    const draft = name.startsWith('node_') ? node : containerOf(pods, `${namespace}/${pod}`, container ?? '')
    draft[figure] = figure === 'startedAt' ? value * 1000 : value
    // The time of a start is told without one; that of the others is when they were read.
    if (figure === 'cpuSeconds') draft.at = at ?? now
  }
  return { node: whole(node), pods: new Map([...pods].flatMap(([key, containers]) => wholePod(key, containers))) }
}

function containerOf(pods: Map<string, Map<string, Draft>>, pod: string, container: string): Draft {
  const containers = pods.get(pod) ?? new Map<string, Draft>()
  pods.set(pod, containers)
  const draft = containers.get(container) ?? {}
  containers.set(container, draft)
  return draft
}

/** A pod of which one container is not told whole is left out: its sum would be too small. */
function wholePod(key: string, containers: ReadonlyMap<string, Draft>): [string, Map<string, Point>][] {
  const points = new Map<string, Point>()
  for (const [name, draft] of containers) {
    const point = whole(draft)
    if (!point) return []
    points.set(name, point)
  }
  return [[key, points]]
}

function whole({ at, cpuSeconds, workingSet, startedAt }: Draft): Point | undefined {
  if (at === undefined || cpuSeconds === undefined || workingSet === undefined) return undefined
  return { at, cpuSeconds, workingSet, ...(startedAt !== undefined && { startedAt }) }
}
