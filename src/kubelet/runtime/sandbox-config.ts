import path from 'node:path'
import type { Pod } from '../../api/core/pod.ts'
import type { PodSandboxConfig } from '../cri/messages/sandbox.ts'
import { hostnameOf, uidOf } from '../pods/pod.ts'
import { type DNSConfig, podDNS } from './dns-config.ts'
import { sandboxLabels } from './labels.ts'
import { cgroupLimits, podResources } from './resources.ts'
import { namespaceOptions, supplementalGroups } from './security-context.ts'

/** What a sandbox needs to know of its node. */
export interface SandboxSurroundings {
  readonly podLogs: string
  readonly clusterDns: readonly string[]
  readonly clusterDomain: string
  readonly nodeDNS: DNSConfig
  /** The pod's cgroup. */
  readonly cgroup: string
}

/** The folder of a pod's logs. */
export const podLogDir = (podLogs: string, { metadata: { namespace, name, uid } }: Pod): string =>
  path.join(podLogs, `${namespace}_${name}_${uid}`)

/** What a pod's sandbox is made from. */
export function sandboxConfig(pod: Pod, attempt: number, node: SandboxSurroundings): PodSandboxConfig {
  const { spec, metadata } = pod
  const context = spec.securityContext
  const dns = podDNS(pod, { servers: node.clusterDns, domain: node.clusterDomain }, node.nodeDNS)
  const everyContainer = [...spec.containers, ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])]
  const ports = [...spec.containers, ...(spec.initContainers ?? [])].flatMap(container => container.ports ?? [])
  return {
    metadata: { name: metadata.name, namespace: metadata.namespace, uid: uidOf(pod), attempt },
    // A sandbox on the host's network cannot have a name of its own.
    ...(!spec.hostNetwork && { hostname: hostnameOf(pod, node.clusterDomain).hostname }),
    logDirectory: podLogDir(node.podLogs, pod),
    dnsConfig: dns,
    portMappings: spec.hostNetwork
      ? []
      : ports
          .filter(({ hostPort }) => hostPort)
          .map(({ protocol, containerPort, hostPort, hostIP }) => ({
            protocol: protocol as 'TCP' | 'UDP' | 'SCTP',
            containerPort,
            hostPort,
            hostIp: hostIP,
          })),
    labels: sandboxLabels(pod),
    annotations: metadata.annotations ?? {},
    linux: {
      cgroupParent: node.cgroup,
      sysctls: Object.fromEntries((context?.sysctls ?? []).map(({ name, value }) => [name, value])),
      securityContext: {
        privileged: everyContainer.some(({ securityContext }) => securityContext?.privileged),
        namespaceOptions: namespaceOptions(pod),
        runAsUser: context?.runAsUser,
        runAsGroup: context?.runAsUser === undefined ? undefined : context.runAsGroup,
        supplementalGroups: supplementalGroups(pod),
        seccomp: { profileType: 'RuntimeDefault' },
      },
      resources: cgroupLimits(podResources(spec)),
    },
  }
}
