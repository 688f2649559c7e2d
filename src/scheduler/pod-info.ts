import type { Pod } from '../api/core/pod.ts'
import { claimsOf } from './pod-claims.ts'
import { type Amounts, podRequests } from './resources.ts'

export interface HostPort {
  readonly protocol: string
  readonly port: number
  readonly ip: string
}

/** A pod and what the scheduler needs to know of it again and again, worked out once. */
export class PodInfo {
  readonly pod: Pod
  readonly requests: Amounts
  /** For scoring: with defaults for containers that ask for nothing. */
  readonly nonZeroRequests: Amounts
  readonly hostPorts: readonly HostPort[]
  /** Keys of the claims it uses. */
  readonly claimKeys: readonly string[]
  /** UID of the object that controls the pod. */
  readonly ownerUid: string | undefined

  constructor(pod: Pod, like?: PodInfo) {
    this.pod = pod
    this.requests = like?.requests ?? podRequests(pod.spec)
    this.nonZeroRequests = like?.nonZeroRequests ?? podRequests(pod.spec, true)
    this.ownerUid = pod.metadata.ownerReferences?.find(({ controller }) => controller)?.uid
    this.hostPorts = like?.hostPorts ?? hostPortsOf(pod)
    this.claimKeys = like?.claimKeys ?? claimsOf(pod).map(({ name }) => `${pod.metadata.namespace}/${name}`)
  }

  /** The same for another state of the pod that asks for the same. */
  with(pod: Pod): PodInfo {
    return new PodInfo(pod, this)
  }

  get uid(): string {
    return this.pod.metadata.uid!
  }
  get priority(): number {
    return this.pod.spec.priority ?? 0
  }
}

const NONE: readonly HostPort[] = []

function hostPortsOf({ spec }: Pod): readonly HostPort[] {
  let out: HostPort[] | undefined
  for (const container of [...spec.containers, ...(spec.initContainers ?? [])]) {
    if (container.restartPolicy !== 'Always' && !spec.containers.includes(container)) continue
    for (const { hostPort, hostIP, protocol } of container.ports ?? []) {
      if (!hostPort) continue
      out ??= []
      out.push({ port: hostPort, ip: hostIP || '0.0.0.0', protocol })
    }
  }
  return out ?? NONE
}

export const podKey = ({ metadata }: Pod): string => `${metadata.namespace}/${metadata.name}`
