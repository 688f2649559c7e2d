import { node as nodeKind } from '../../api/core/node.ts'
import type { ContainerStatus } from '../../api/core/pod/container-status.ts'
import { type Pod, pod as podKind } from '../../api/core/pod.ts'
import type { Cause } from '../../api/why/explanation.ts'
import { controllerCauses, deletionCauses, warningCause, warnings } from './common.ts'
import { type Explained, explainer, type Why } from './explain.ts'
import { schedulingCauses } from './pod-scheduling.ts'

/** Pods: no node, no container, no readiness, no end. */
export const explainPod = explainer(podKind, explain)

function explain(pod: Pod, why: Why): Explained {
  const { metadata, spec, status } = pod
  const more = controllerCauses(pod, 'pods', why)
  if (metadata.deletionTimestamp) {
    return { summary: 'Terminating', causes: [...deletionCauses(pod), ...endingCauses(pod, why), ...more] }
  }
  if (status.phase === 'Succeeded') return { summary: 'Succeeded', causes: [] }
  if (status.phase === 'Failed') return { summary: 'Failed', causes: failureCauses(pod) }
  if (!spec.nodeName) return { summary: 'Pending: it has no node', causes: [...schedulingCauses(pod, why), ...more] }
  const causes = [...nodeCauses(pod, why), ...containerCauses(pod, why), ...more]
  const ready = status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')
  if (ready) return { summary: `Running and ready on ${spec.nodeName}`, causes }
  const state = status.phase === 'Running' ? 'Running, but not ready' : 'Pending: its containers do not run'
  return { summary: `${state}, on ${spec.nodeName}`, causes: causes.length > 0 ? causes : readinessCauses(pod, why) }
}

function endingCauses({ metadata, spec }: Pod, why: Why): Cause[] {
  const until = Date.parse(metadata.deletionTimestamp!)
  if (until > why.now) {
    const message = `Its containers were asked to end and have until ${metadata.deletionTimestamp} to do so`
    const remedy = 'wait, or kubectl delete with --grace-period=1'
    return [{ source: 'Kubelet', reason: 'GracePeriod', message, remedy }]
  }
  return spec.nodeName ? nodeCauses({ spec } as Pod, why) : []
}

/** A node that is gone or does not answer ends no pods and starts none. */
function nodeCauses({ spec }: Pod, why: Why): Cause[] {
  const name = spec.nodeName!
  const node = why.get(nodeKind, '', name)
  if (!node) {
    const message = `Its node ${name} is no longer there`
    return [
      { source: 'Kubelet', reason: 'NodeGone', message, remedy: 'it is removed by the pod garbage collector soon' },
    ]
  }
  const ready = node.status.conditions?.find(({ type }) => type === 'Ready')
  if (ready?.status === 'True') return []
  const message = `Its node ${name} is not ready: ${ready?.message ?? 'its kubelet has said nothing yet'}`
  const remedy = 'see to the node; its pods move elsewhere when their tolerations of not-ready have run out'
  return [{ source: 'Kubelet', reason: ready?.reason ?? 'NodeNotReady', message, remedy, nodes: [name] }]
}

function failureCauses({ status }: Pod): Cause[] {
  if (status.reason) {
    return [
      { source: 'Kubelet', reason: status.reason, message: status.message ?? `The pod has failed: ${status.reason}` },
    ]
  }
  return [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].flatMap(endedBadly)
}

/** Containers that wait or keep ending, and what went wrong while they were being made. */
function containerCauses(pod: Pod, why: Why): Cause[] {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status
  const causes = [...initContainerStatuses, ...containerStatuses].flatMap(waitsBecause)
  const preparing = causes.length === 0 && pod.status.phase === 'Pending'
  if (!preparing) return causes
  return warnings(pod, why, PREPARATION).map(event => warningCause(event, 'Kubelet', REMEDIES[event.reason ?? '']))
}

function waitsBecause(container: ContainerStatus): Cause[] {
  const { name, state, restartCount } = container
  const waiting = state?.waiting
  // A container that is about to be made, or waits for those before it, says nothing of its own.
  if (!waiting?.reason || waiting.reason === 'ContainerCreating' || waiting.reason === 'PodInitializing') return []
  const remedy = REMEDIES[waiting.reason]
  const message = `Container ${name}: ${waiting.message ?? waiting.reason}`
  const restarts = restartCount > 0 ? ` (restarted ${restartCount} times)` : ''
  const cause = { source: 'Kubelet', reason: waiting.reason, message: message + restarts, ...(remedy && { remedy }) }
  return [cause, ...endedBadly(container)]
}

function endedBadly({ name, state, lastState }: ContainerStatus): Cause[] {
  const ended = state?.terminated ?? lastState?.terminated
  if (!ended || ended.exitCode === 0) return []
  const reason = ended.reason ?? 'Error'
  const message = `Container ${name} ended with exit code ${ended.exitCode}${ended.signal ? ` (signal ${ended.signal})` : ''}: ${ended.message ?? reason}`
  const remedy = REMEDIES[reason] ?? `see what it said: kubectl logs --previous -c ${name}`
  return [{ source: 'Kubelet', reason, message, remedy, ...(ended.finishedAt && { since: ended.finishedAt }) }]
}

/** Why a pod whose containers run is not ready. */
function readinessCauses(pod: Pod, why: Why): Cause[] {
  const gates = (pod.spec.readinessGates ?? []).filter(
    ({ conditionType }) => !pod.status.conditions?.some(c => c.type === conditionType && c.status === 'True'),
  )
  const unhealthy = warnings(pod, why, new Set(['Unhealthy']))
  return [
    ...gates.map(({ conditionType }) => ({
      source: 'User',
      reason: 'ReadinessGate',
      message: `The condition ${conditionType} of its readiness gate does not hold`,
      remedy: `whoever looks after ${conditionType} has to set it`,
    })),
    ...unhealthy.map(event => warningCause(event, 'Kubelet', REMEDIES.Unhealthy)),
  ]
}

const PREPARATION = new Set([
  'FailedMount',
  'FailedAttachVolume',
  'FailedCreatePodSandBox',
  'Failed',
  'FailedMapVolume',
])

const REMEDIES: Readonly<Record<string, string>> = {
  ImagePullBackOff: 'see that the image exists under this name, and that the pod may pull it (imagePullSecrets)',
  ErrImagePull: 'see that the image exists under this name, and that the pod may pull it (imagePullSecrets)',
  ErrImageNeverPull: 'load the image into the node (tsukube image load), or let it be pulled (imagePullPolicy)',
  InvalidImageName: 'write the name of the image correctly',
  CrashLoopBackOff:
    'mend what makes the container end; it is started again after a while, and then at longer intervals',
  CreateContainerConfigError: 'create the ConfigMap or Secret that the container names, or mark it optional',
  OOMKilled: 'raise its limit of memory, or let it need less',
  FailedMount: 'see that what the volume names is there',
  FailedAttachVolume: 'see that the volume is not attached elsewhere',
  Unhealthy: 'mend what the probe asks for, or the probe',
}
