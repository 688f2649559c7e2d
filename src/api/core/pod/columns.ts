import type { Column } from '../../../apimachinery/schema/kind.ts'
import { age, column, since, wide } from '../../columns.ts'
import type { Pod } from '../pod.ts'
import { isSidecar } from './container-rules.ts'
import type { ContainerStatus } from './container-status.ts'

/** What `kubectl get pods` shows, after upstream's printPod. */
export interface PodSummary {
  /** As Running, Init:0/1, CrashLoopBackOff, Completed, Terminating. */
  readonly status: string
  readonly ready: number
  readonly containers: number
  readonly restarts: number
  /** When a container last ended before it was started again, RFC 3339. */
  readonly lastRestart: string | undefined
}

const later = (a: string | undefined, b: string | undefined) => (!a || (b && b > a) ? b : a)
const hasCondition = (pod: Pod, type: string) =>
  pod.status.conditions?.some(condition => condition.type === type && condition.status === 'True') ?? false

/** How a container ended, in one word. */
function ending({ reason, signal, exitCode }: { reason?: string; signal?: number; exitCode: number }): string {
  return reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode}`)
}

/** Restarts of some containers, and when the last was. */
function restartsOf(statuses: readonly ContainerStatus[]): { count: number; last: string | undefined } {
  let count = 0
  let last: string | undefined
  for (const { restartCount, lastState } of statuses) {
    count += restartCount
    last = later(last, lastState.terminated?.finishedAt)
  }
  return { count, last }
}

/** How far a pod has come with its init containers; `status` is set while it has not got through. */
function initialization(pod: Pod): { status: string | undefined; ready: number; seen: ContainerStatus[] } {
  const containers = new Map((pod.spec.initContainers ?? []).map(container => [container.name, container]))
  const statuses = pod.status.initContainerStatuses ?? []
  let ready = 0
  for (const [i, status] of statuses.entries()) {
    const { state } = status
    const container = containers.get(status.name)
    if (state.terminated?.exitCode === 0) continue
    if (container && isSidecar(container) && status.started) {
      if (status.ready) ready++
      continue
    }
    const seen = statuses.slice(0, i + 1)
    const waiting = state.waiting?.reason
    if (state.terminated) return { status: `Init:${ending(state.terminated)}`, ready, seen }
    if (waiting && waiting !== 'PodInitializing') return { status: `Init:${waiting}`, ready, seen }
    return { status: `Init:${i}/${containers.size}`, ready, seen }
  }
  return { status: undefined, ready, seen: statuses }
}

/** The word for the main containers, and how many of them are ready; the first one that has something to say decides. */
function mainStatus(pod: Pod, initial: string): { status: string; ready: number } {
  let status = initial
  let ready = 0
  for (const container of [...(pod.status.containerStatuses ?? [])].reverse()) {
    const { waiting, terminated, running } = container.state
    if (waiting?.reason) status = waiting.reason
    else if (terminated) status = ending(terminated)
    else if (container.ready && running) ready++
  }
  if (status !== 'Completed' || ready === 0) return { status, ready }
  return { status: hasCondition(pod, 'Ready') ? 'Running' : 'NotReady', ready }
}

/** Sums a pod up as `kubectl get` shows it. */
export function summarizePod(pod: Pod): PodSummary {
  const sidecars = (pod.spec.initContainers ?? []).filter(isSidecar)
  const init = initialization(pod)
  const gated = pod.status.conditions?.some(
    ({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated',
  )
  let status = gated ? 'SchedulingGated' : pod.status.reason || pod.status.phase || ''
  let { ready } = init
  let restarts = restartsOf(init.seen)
  if (init.status) status = init.status
  if (!init.status || hasCondition(pod, 'Initialized')) {
    const main = mainStatus(pod, status)
    status = main.status
    ready += main.ready
    const names = new Set(sidecars.map(({ name }) => name))
    restarts = restartsOf([...init.seen.filter(({ name }) => names.has(name)), ...(pod.status.containerStatuses ?? [])])
  }
  const over = pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed'
  if (pod.metadata.deletionTimestamp) {
    if (pod.status.reason === 'NodeLost') status = 'Unknown'
    else if (!over) status = 'Terminating'
  }
  return {
    status,
    ready,
    containers: pod.spec.containers.length + sidecars.length,
    restarts: restarts.count,
    lastRestart: restarts.last,
  }
}

function showRestarts(pod: Pod, now: number): string {
  const { restarts, lastRestart } = summarizePod(pod)
  return restarts > 0 && lastRestart ? `${restarts} (${since(lastRestart, now)} ago)` : String(restarts)
}

function showReady(pod: Pod): string {
  const { ready, containers } = summarizePod(pod)
  return `${ready}/${containers}`
}

function showReadinessGates({ spec, status }: Pod): string {
  const gates = spec.readinessGates
  if (!gates) return '<none>'
  const open = gates.filter(({ conditionType }) =>
    status.conditions?.some(({ type, status: value }) => type === conditionType && value === 'True'),
  )
  return `${open.length}/${gates.length}`
}

export const podColumns: readonly Column<Pod>[] = [
  column('Ready', showReady, 'How many of the containers are ready.'),
  column('Status', pod => summarizePod(pod).status, 'What the pod is doing, in one word.'),
  column('Restarts', showRestarts, 'How often containers were restarted, and when last.'),
  age,
  wide('IP', pod => pod.status.podIPs?.[0]?.ip ?? '<none>', 'Address of the pod.'),
  wide('Node', pod => pod.spec.nodeName ?? '<none>', 'The node it runs on.'),
  wide('Nominated Node', pod => pod.status.nominatedNodeName ?? '<none>', 'The node on which room is made for it.'),
  wide('Readiness Gates', showReadinessGates, 'How many of its readiness gates are open.'),
]
