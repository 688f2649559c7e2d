import path from 'node:path'
import type { Container } from '../../api/core/pod/container.ts'
import type { SeccompProfile } from '../../api/core/pod/security-context.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { LinuxContainerSecurityContext, NamespaceOption, SecurityProfile } from '../cri/messages/security.ts'
import type { Input } from '../cri/protobuf.ts'
import { podText } from '../pods/pod.ts'
import { addable, boundingSet } from './capabilities.ts'

/** What containers are kept from seeing and writing in /proc and /sys (upstream pkg/securitycontext). */
const MASKED_PATHS = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
]
const READONLY_PATHS = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']

/** The user that an image names; both undefined when it names none, which is root. */
export interface ImageUser {
  readonly uid?: number
  readonly username?: string
}

/** Which namespaces a pod's sandbox and containers join. */
export function namespaceOptions({ spec }: Pod, targetId?: string): Input<NamespaceOption> {
  const pid = spec.hostPID ? 'NODE' : spec.shareProcessNamespace ? 'POD' : 'CONTAINER'
  return {
    network: spec.hostNetwork ? 'NODE' : 'POD',
    pid: targetId ? 'TARGET' : pid,
    ipc: spec.hostIPC ? 'NODE' : 'POD',
    targetId,
  }
}

export function seccompProfile(profile: SeccompProfile | undefined, rootDir: string): Input<SecurityProfile> {
  if (profile?.type === 'RuntimeDefault') return { profileType: 'RuntimeDefault' }
  if (profile?.type === 'Localhost') {
    return { profileType: 'Localhost', localhostRef: path.join(rootDir, 'seccomp', profile.localhostProfile ?? '') }
  }
  return { profileType: 'Unconfined' }
}

/** The groups of a pod's processes besides their own. */
export function supplementalGroups({ spec: { securityContext: context } }: Pod): number[] {
  return [...(context?.fsGroup === undefined ? [] : [context.fsGroup]), ...(context?.supplementalGroups ?? [])]
}

/** What a container's processes may do; the container's own settings go before the pod's. */
export function containerSecurityContext(
  pod: Pod,
  container: Container,
  { user, rootDir, targetId }: { readonly user: ImageUser; readonly rootDir: string; readonly targetId?: string },
): Input<LinuxContainerSecurityContext> {
  const ofPod = pod.spec.securityContext
  const own = container.securityContext
  const privileged = own?.privileged ?? false
  const runAsUser = own?.runAsUser ?? ofPod?.runAsUser ?? user.uid
  const unmasked = own?.procMount === 'Unmasked'
  return {
    privileged,
    namespaceOptions: namespaceOptions(pod, targetId),
    runAsUser,
    runAsUsername: runAsUser === undefined ? user.username : undefined,
    runAsGroup: own?.runAsGroup ?? ofPod?.runAsGroup,
    supplementalGroups: supplementalGroups(pod),
    supplementalGroupsPolicy: ofPod?.supplementalGroupsPolicy as 'Merge' | 'Strict' | undefined,
    readonlyRootfs: own?.readOnlyRootFilesystem ?? false,
    noNewPrivs: own?.allowPrivilegeEscalation === false,
    capabilities: {
      addCapabilities: addable(own?.capabilities?.add ?? [], boundingSet()),
      dropCapabilities: (own?.capabilities?.drop ?? []).map(name => name.replace(/^CAP_/, '')),
    },
    maskedPaths: unmasked ? [] : MASKED_PATHS,
    readonlyPaths: unmasked ? [] : READONLY_PATHS,
    seccomp: privileged
      ? { profileType: 'Unconfined' }
      : seccompProfile(own?.seccompProfile ?? ofPod?.seccompProfile, rootDir),
  }
}

/** Why a container that must not run as root cannot be started; undefined when it can. */
export function rootRefusal(pod: Pod, container: Container, user: ImageUser): string | undefined {
  const ofPod = pod.spec.securityContext
  const own = container.securityContext
  if (!(own?.runAsNonRoot ?? ofPod?.runAsNonRoot)) return undefined
  const place = `(pod: "${podText(pod)}", container: ${container.name})`
  const asked = own?.runAsUser ?? ofPod?.runAsUser
  if (asked !== undefined) {
    return asked === 0 ? `container's runAsUser breaks non-root policy ${place}` : undefined
  }
  if (user.username && user.uid === undefined) {
    return `container has runAsNonRoot and image has non-numeric user (${user.username}), cannot verify user is non-root ${place}`
  }
  return user.uid ? undefined : `container has runAsNonRoot and image will run as root ${place}`
}
