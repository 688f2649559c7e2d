import { existsSync, readdirSync, rmSync } from 'node:fs'
import { systemClock } from '../apimachinery/clock.ts'
import { type ClusterFolder, nodeName, podRange, requireCluster } from './cluster-config.ts'
import { removeContext } from './kubeconfig.ts'
import { endContainers } from './local-node/end-containers.ts'
import { deleteFabric, fabricOf } from './local-node/fabric.ts'
import { deleteLocalNode, stopLocalNode } from './local-node/node-end.ts'
import { endProcess, runningServer } from './processes.ts'

/** How long the server may take to end by itself. */
const GRACE_MS = 5_000

/** Ends a cluster's processes, containers by asking them first; everything it knows is kept for the next `up`. */
export async function down(name: string): Promise<void> {
  const folder = requireCluster(name)
  await Promise.all(nodeNames(folder).map(node => endContainers(folder.node(node), systemClock)))
  await endProcesses(folder)
}

/** Ends nodes and server as they are. */
async function endProcesses(folder: ClusterFolder): Promise<void> {
  await Promise.all(nodeNames(folder).map(node => stopLocalNode({ dir: folder.node(node) }, systemClock)))
  const server = runningServer(folder)
  if (server) await endProcess(server, GRACE_MS, systemClock)
}

/** Ends a cluster and removes every trace of it. */
export async function deleteCluster(name: string): Promise<void> {
  const folder = requireCluster(name)
  const config = folder.read()
  await endProcesses(folder)
  const fabric = fabricOf(config.name, config.fabricSubnet)
  const nodes = nodeNames(folder)
  for (const [i, node] of nodes.entries()) {
    await deleteLocalNode(
      { cluster: name, name: node, dir: folder.node(node), fabric, podCidrs: [podRange(config, i)] },
      systemClock,
    )
  }
  if (nodes.length > 0) await deleteFabric(fabric)
  // First, so that there is room for the rest where the disk is full.
  rmSync(folder.dir, { recursive: true, force: true })
  removeContext(name)
}

/** Every node the cluster has or once had: those of its configuration, and those whose folders are left. */
function nodeNames(folder: ClusterFolder): string[] {
  const config = folder.read()
  const wanted = Array.from({ length: config.nodes }, (_, i) => nodeName(config, i))
  const left = existsSync(folder.node('')) ? readdirSync(folder.node('')) : []
  return [...new Set([...wanted, ...left])].filter(node => existsSync(folder.node(node)))
}
