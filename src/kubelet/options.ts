import type { Taint } from '../api/core/node.ts'
import type { Clock } from '../apimachinery/clock.ts'
import type { Random } from '../apimachinery/random.ts'
import type { Client } from '../client/client.ts'
import type { Informers } from '../client/informers.ts'
import type { CriClient } from './cri/client.ts'
import { DEFAULT_THRESHOLDS, type Thresholds } from './eviction.ts'

/** Where a kubelet keeps its files, by paths that the container runtime sees too. */
export interface Directories {
  /** Volumes and other files of pods. */
  readonly root: string
  /** Logs of containers, by pod. */
  readonly podLogs: string
  /** Links to the logs, for log collectors. */
  readonly containerLogs: string
}

export interface KubeletOptions {
  readonly client: Client
  /** Shared with other parts of the node's agent. */
  readonly informers: Informers
  readonly clock: Clock
  readonly random: Random
  /** Ends the kubelet, as `stop` does. Pods run on. */
  readonly signal: AbortSignal
  /** Told, in one line, of failures that nobody waits for. */
  readonly log: (line: string) => void
  readonly cri: CriClient
  readonly nodeName: string
  readonly nodeAddress: string
  /** The address of the other family, where the node has both. */
  readonly secondAddress?: string
  /** Host name of the node; its name by default. */
  readonly hostname?: string
  /** Where pods' cgroups belong, from a hierarchy's root, as /kubepods. */
  readonly podCgroup: string
  readonly directories?: Partial<Directories>
  /** Addresses of the cluster's DNS. */
  readonly clusterDns?: readonly string[]
  readonly clusterDomain?: string
  /** The node's resolver configuration. */
  readonly resolvConf?: string
  /** PEM, with which the kubelet serves; without them it does not serve. */
  readonly serving?: { readonly certificate: string; readonly key: string }
  /** PEM of the authority whose client certificates are let in. */
  readonly clientCa?: string
  /** Where it listens; all addresses and 10250 by default. */
  readonly listen?: { readonly address?: string; readonly port?: number }
  /** How many pods the node takes; 110 by default. */
  readonly maxPods?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly taints?: readonly Taint[]
  readonly providerID?: string
  /** Range of the node's pods, where no controller hands it out. */
  readonly podCidr?: string
  /** The image that holds sandboxes' namespaces; never removed. */
  readonly pauseImage?: string
  /** Resources the node says it has where they differ from the machine's, as quantities. */
  readonly capacity?: Readonly<Record<string, string>>
  /** When the node counts as short of something; upstream's defaults for what is left out. */
  readonly thresholds?: Partial<Thresholds>
  /** Resources kept from pods, as quantities. */
  readonly reserved?: Readonly<Record<string, string>>
}

/** Options with every default filled in. */
export interface KubeletSettings extends KubeletOptions {
  readonly addresses: readonly string[]
  readonly hostname: string
  readonly directories: Directories
  readonly clusterDns: readonly string[]
  readonly clusterDomain: string
  readonly resolvConf: string
  readonly maxPods: number
  readonly thresholds: Thresholds
}

export function kubeletSettings(options: KubeletOptions): KubeletSettings {
  const { nodeName, nodeAddress, secondAddress } = options
  return {
    ...options,
    addresses: [nodeAddress, ...(secondAddress ? [secondAddress] : [])],
    hostname: options.hostname ?? nodeName,
    directories: {
      root: '/var/lib/kubelet',
      podLogs: '/var/log/pods',
      containerLogs: '/var/log/containers',
      ...options.directories,
    },
    clusterDns: options.clusterDns ?? [],
    clusterDomain: options.clusterDomain ?? 'cluster.local',
    resolvConf: options.resolvConf ?? '/etc/resolv.conf',
    maxPods: options.maxPods ?? 110,
    thresholds: { ...DEFAULT_THRESHOLDS, ...options.thresholds },
  }
}
