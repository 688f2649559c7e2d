import { readFile, writeFile } from 'node:fs/promises'
import type { Pod } from '../../api/core/pod.ts'
import { hostnameOf } from '../pods/pod.ts'

const LOCAL = [
  '127.0.0.1\tlocalhost',
  '::1\tlocalhost ip6-localhost ip6-loopback',
  'fe00::0\tip6-localnet',
  'fe00::0\tip6-mcastprefix',
  'fe00::1\tip6-allnodes',
  'fe00::2\tip6-allrouters',
]

/** /etc/hosts of a pod: the node's own for pods on its network, else the pod's names; then its hostAliases. */
export function etcHosts(pod: Pod, ips: readonly string[], clusterDomain: string, nodeHosts: string): string {
  const { hostname, domain } = hostnameOf(pod, clusterDomain)
  const short = hostname.split('.')[0]!
  const names = domain ? `${short}.${domain}\t${short}` : hostname
  const lines = pod.spec.hostNetwork
    ? ['# Kubernetes-managed hosts file (host network).', nodeHosts.trimEnd()]
    : ['# Kubernetes-managed hosts file.', ...LOCAL, ...ips.map(ip => `${ip}\t${names}`)]
  const aliases = pod.spec.hostAliases ?? []
  if (aliases.length > 0) {
    lines.push('', '# Entries added by HostAliases.')
    for (const { ip, hostnames = [] } of aliases) lines.push([ip, ...hostnames].join('\t'))
  }
  return `${lines.join('\n')}\n`
}

/** Writes a pod's /etc/hosts to `file`. */
export async function writeEtcHosts(
  file: string,
  pod: Pod,
  ips: readonly string[],
  clusterDomain: string,
): Promise<void> {
  const nodeHosts = pod.spec.hostNetwork ? await readFile('/etc/hosts', 'utf8').catch(() => '') : ''
  await writeFile(file, etcHosts(pod, ips, clusterDomain, nodeHosts), { mode: 0o644 })
}
