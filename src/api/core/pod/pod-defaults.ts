import type { Pod } from '../pod.ts'
import { aggregateContainers } from './pod-resources.ts'
import { podQOS } from './qos.ts'
import type { ResourceRequirements } from './resources.ts'

/** Defaults that pods get, but not the templates they are made from (upstream's SetDefaults_Pod). */
export function defaultPod({ spec }: Pod): void {
  spec.enableServiceLinks ??= true
  const containers = [...spec.containers, ...(spec.initContainers ?? [])]
  for (const { resources } of containers) requestLimits(resources, resources.limits)
  if (spec.resources?.limits || spec.resources?.requests) defaultPodRequests(spec)
  if (!spec.hostNetwork) return
  for (const { ports } of containers) for (const port of ports ?? []) port.hostPort ??= port.containerPort
}

/** Where there is a limit but no request, the limit is requested. */
function requestLimits(resources: ResourceRequirements, limits: ResourceRequirements['limits']): void {
  for (const name in limits) {
    resources.requests ??= {}
    resources.requests[name] ??= limits[name]!
  }
}

/** Requests of the pod as a whole: what its containers request, or else its limits. */
function defaultPodRequests(spec: Pod['spec']): void {
  const resources = spec.resources!
  const needed = aggregateContainers(spec, 'requests')
  for (const name of ['cpu', 'memory']) {
    if (needed[name] === undefined) continue
    resources.requests ??= {}
    resources.requests[name] ??= needed[name]
  }
  requestLimits(resources, resources.limits)
}

/** A new pod is pending, whatever its writer says of its status. */
export function preparePodForCreate(pod: Pod): void {
  pod.status = { phase: 'Pending', qosClass: podQOS(pod.spec) }
  if (!pod.spec.schedulingGates) return
  pod.status.conditions = [
    {
      type: 'PodScheduled',
      status: 'False',
      reason: 'SchedulingGated',
      message: 'Scheduling is blocked due to non-empty scheduling gates',
    },
  ]
}
