import { isSidecar } from '../../api/core/pod/container-rules.ts'
import type { ContainerStatus } from '../../api/core/pod/container-status.ts'
import type { Pod } from '../../api/core/pod.ts'
import { containersOf } from '../pods/pod.ts'

type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed'

/**
 * The phase of a pod from its containers' statuses (upstream kubelet getPhase). `terminal`: nothing of it will be
 * started again.
 */
export function podPhase(
  pod: Pod,
  init: readonly ContainerStatus[],
  main: readonly ContainerStatus[],
  terminal: boolean,
): Phase {
  const policy = pod.spec.restartPolicy
  const statusOf = (all: readonly ContainerStatus[], name: string) => all.find(status => status.name === name)
  let pendingInit = 0
  let failedInit = 0
  for (const { container, type } of containersOf(pod)) {
    if (type !== 'init') continue
    const status = statusOf(init, container.name)
    const exit = status?.state.terminated?.exitCode ?? status?.lastState.terminated?.exitCode
    if (isSidecar(container)) {
      if (!status?.started && status?.state.terminated === undefined) pendingInit++
    } else if (status?.state.running) pendingInit++
    else if (status?.state.terminated) {
      if (status.state.terminated.exitCode !== 0) failedInit++
    } else if (exit !== undefined && exit !== 0 && status?.state.waiting) {
      if (policy === 'Never') failedInit++
      else pendingInit++
    } else pendingInit++
  }
  if (failedInit > 0 && policy === 'Never') return 'Failed'

  let waiting = 0
  let running = 0
  let stopped = 0
  let succeeded = 0
  for (const { name } of pod.spec.containers) {
    const status = statusOf(main, name)
    if (status?.state.running) running++
    else if (status?.state.terminated) {
      stopped++
      if (status.state.terminated.exitCode === 0) succeeded++
    } else if (status?.state.waiting && status.lastState.terminated) stopped++
    else waiting++
  }
  if (terminal && running === 0) return stopped > 0 && succeeded === pod.spec.containers.length ? 'Succeeded' : 'Failed'
  // Sidecars that are not up yet only matter before the first main container has been.
  const begun = running + stopped > 0
  if ((pendingInit > 0 || failedInit > 0) && !begun) return 'Pending'
  if (waiting > 0) return begun && running > 0 ? 'Running' : begun ? 'Running' : 'Pending'
  if (running > 0) return 'Running'
  const waitsToRestart = main.some(({ state }) => state.waiting)
  if (policy === 'Always' || waitsToRestart) return 'Running'
  if (succeeded === stopped) return 'Succeeded'
  return policy === 'Never' ? 'Failed' : 'Running'
}
