import type { At } from '../../../apimachinery/validation/at.ts'
import type { PodSpec } from './spec.ts'

/** What pods for one operating system may not say, because only another one knows it. */

const POD_FIELDS = ['hostUsers', 'hostPID', 'hostIPC', 'shareProcessNamespace'] as const
const POD_CONTEXT = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'fsGroup',
  'fsGroupChangePolicy',
  'sysctls',
  'runAsUser',
  'runAsGroup',
  'supplementalGroups',
  'supplementalGroupsPolicy',
  'seLinuxChangePolicy',
] as const
const CONTEXT = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
] as const
const NOT_ON_WINDOWS = 'cannot be set for a windows pod'
const NOT_ON_LINUX = 'windows options cannot be set for a linux pod'

/** Every container of a pod with its place. */
export function eachContainer(
  spec: PodSpec,
  at: At,
  visit: (container: PodSpec['containers'][number], at: At) => void,
): void {
  for (const list of ['initContainers', 'containers', 'ephemeralContainers'] as const) {
    spec[list]?.forEach((container, i) => {
      visit(container, at.child(list).index(i))
    })
  }
}

export function validateForOS(spec: PodSpec, at: At): void {
  const os = spec.os?.name
  const context = at.child('securityContext')
  if (os === 'linux') {
    if (spec.securityContext?.windowsOptions) context.child('windowsOptions').forbidden(NOT_ON_LINUX)
    eachContainer(spec, at, (container, place) => {
      if (container.securityContext?.windowsOptions) {
        place.child('securityContext', 'windowsOptions').forbidden(NOT_ON_LINUX)
      }
    })
  }
  if (os !== 'windows') return
  for (const field of POD_FIELDS) if (spec[field] !== undefined) at.child(field).forbidden(NOT_ON_WINDOWS)
  for (const field of POD_CONTEXT) {
    if (spec.securityContext?.[field] !== undefined) context.child(field).forbidden(NOT_ON_WINDOWS)
  }
  eachContainer(spec, at, (container, place) => {
    for (const field of CONTEXT) {
      if (container.securityContext?.[field] !== undefined) {
        place.child('securityContext', field).forbidden(NOT_ON_WINDOWS)
      }
    }
  })
}

/** Host processes of Windows: all containers or none, and only on the host's network. */
export function validateHostProcess(spec: PodSpec, at: At): void {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess
  let all = 0
  let hostProcesses = 0
  eachContainer(spec, at, (container, place) => {
    const own = container.securityContext?.windowsOptions?.hostProcess
    all++
    if (ofPod !== undefined && own !== undefined && ofPod !== own) {
      place
        .child('securityContext', 'windowsOptions', 'hostProcess')
        .invalid(own, `pod hostProcess value must be identical if both are specified, was ${ofPod}`)
    }
    if (own ?? ofPod) hostProcesses++
  })
  if (hostProcesses === 0) return
  if (hostProcesses !== all) {
    at.invalid('', 'If pod contains any hostProcess containers then all containers must be HostProcess containers')
  }
  if (!spec.hostNetwork) {
    at.child('hostNetwork').invalid(false, 'hostNetwork must be true if pod contains any hostProcess containers')
  }
}
