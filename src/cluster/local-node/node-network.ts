import { run } from '../system/run.ts'
import { addNamespace, BRIDGE, deleteNamespace, type Fabric } from './fabric.ts'
import { ipBatch } from './ip.ts'
import { fabricPort, macOf, nodeNamespace } from './names.ts'
import { removePodRoutes } from './routes.ts'

/**
 * Gives a node a fresh network namespace, plugged into the fabric. What an earlier one had (pods' cables, firewall
 * rules) goes away with it. The default route leads to the fabric, which forwards nowhere: it is there so that packets
 * to Service addresses leave routing and reach the translation that comes after it. The fabric in turn knows the way to
 * the node's pods, so that what listens there can answer them.
 */
export async function createNodeNetwork(
  fabric: Fabric,
  node: string,
  address: string,
  podCidrs: readonly string[],
): Promise<void> {
  const namespace = nodeNamespace(fabric.cluster, node)
  await deleteNodeNetwork(fabric, node)
  await addNamespace(namespace)
  const port = fabricPort(node)
  const mac = macOf(fabric.cluster, node)
  await ipBatch(fabric.namespace, [
    `link add ${port} type veth peer name eth0 address ${mac} netns ${namespace}`,
    `link set ${port} master ${BRIDGE} up`,
    ...podCidrs.filter(isV4).map(cidr => `route replace ${cidr} via ${address}`),
  ])
  await ipBatch(namespace, [
    'link set lo up',
    `addr add ${address}/${fabric.prefixLength} dev eth0`,
    'link set eth0 up',
    `route add default via ${fabric.gateway} dev eth0`,
  ])
}

const isV4 = (cidr: string) => !cidr.includes(':')

/** Unplugs a node and removes its network namespace. */
export async function deleteNodeNetwork(fabric: Fabric, node: string, podCidrs: readonly string[] = []): Promise<void> {
  await removePodRoutes(podCidrs.filter(isV4), fabric.namespace).catch(() => {})
  // The kernel takes its time to remove a namespace; taken out by name, the cable is gone at once.
  await run('ip', ['-n', fabric.namespace, 'link', 'delete', fabricPort(node)]).catch(() => {})
  await deleteNamespace(nodeNamespace(fabric.cluster, node))
}
