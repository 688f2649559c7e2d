import type { Socket } from 'node:net'
import { serviceUnavailable } from '../apimachinery/errors.ts'
import type { KubeObject } from '../apimachinery/schema/kind.ts'

/** How the API server reaches what runs on nodes, which may be in other network namespaces or behind tunnels. */
export interface NodeDialer {
  /** A TCP connection to an address of the cluster: a node's, a pod's or a service's. */
  dial(host: string, port: number): Promise<Socket>
  /** PEM client certificate and key by which kubelets know the API server, and the authority that signed theirs. */
  readonly kubelet: { readonly certificate: string; readonly key: string; readonly ca: string } | undefined
}

/** Where a node's kubelet listens, by its status. Throws 503 where it has none. */
export function kubeletAddress(node: KubeObject): { host: string; port: number } {
  const name = JSON.stringify(node.metadata.name)
  if (node.metadata.labels?.['tsukube.dev/hollow'] === 'true')
    throw serviceUnavailable(`node ${name} is hollow: its pods run in name only, without containers`)
  const { status } = node as KubeObject & {
    status?: {
      addresses?: { type: string; address: string }[]
      daemonEndpoints?: { kubeletEndpoint?: { Port?: number } }
    }
  }
  const host = status?.addresses?.find(a => a.type === 'InternalIP')?.address
  if (!host) throw serviceUnavailable(`node ${name} has no address yet; its kubelet has not registered`)
  return { host, port: status?.daemonEndpoints?.kubeletEndpoint?.Port || 10250 }
}

/** For servers without nodes. */
export const noNodes: NodeDialer = {
  dial: (host, port) =>
    Promise.reject(serviceUnavailable(`there is no way to ${host}:${port} from this server: it has no nodes`)),
  kubelet: undefined,
}
