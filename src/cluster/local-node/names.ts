import { createHash } from 'node:crypto'
import path from 'node:path'

const digest = (text: string) => createHash('sha256').update(text).digest('hex')

/** A cluster's fabric namespace, as `ip netns` lists it. */
export const fabricNamespace = (cluster: string) => `tsukube-${cluster}-fabric`

/** A node's network namespace, as `ip netns` lists it. */
export const nodeNamespace = (cluster: string, node: string) => `tsukube-${cluster}-${node}`

/** The file that holds a named network namespace. */
export const namespaceFile = (name: string) => `/run/netns/${name}`

/** The fabric's end of a node's cable. Interface names end at 15 characters, hence the digest. */
export const fabricPort = (node: string) => `vn${digest(node).slice(0, 10)}`

/**
 * A locally administered hardware address that follows from names, so that a recreated interface keeps it and its
 * neighbours' ARP tables stay right.
 */
export function macOf(...names: string[]): string {
  const hex = digest(names.join('/'))
  return ['02', ...Array.from({ length: 5 }, (_, i) => hex.slice(2 * i, 2 * i + 2))].join(':')
}

/** The cgroups of a cluster's node, below each hierarchy's root. */
export function nodeCgroups(cluster: string, node: string) {
  const root = `/tsukube/${cluster}/${node}`
  return { root, system: `${root}/system`, pods: `${root}/kubepods` }
}

/**
 * The files of one node, all in its own folder. Inside the node, most appear where they do on any Linux machine:
 * `log` at /var/log, `kubelet` at /var/lib/kubelet, `containerd` at /var/lib/containerd, `cniState` at /var/lib/cni,
 * `cni` at /etc/cni/net.d, `certs` at /etc/containerd/certs.d and `data` at /var/lib/tsukube.
 */
export function nodeFiles(dir: string) {
  const at = (name: string) => path.join(dir, name)
  return {
    dir,
    init: at('init.sh'),
    initPid: at('init.pid'),
    startingPid: at('init.pid.new'),
    startLog: at('log/init.log'),
    containerdPid: at('containerd.pid'),
    agentPid: at('agent.pid'),
    agentService: at('agent.sh'),
    certs: at('certs.d'),
    containerd: at('containerd'),
    log: at('log'),
  }
}

/** containerd's socket as processes inside the node see it. */
export const CRI_SOCKET = '/run/containerd/containerd.sock'
