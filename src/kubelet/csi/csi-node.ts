import { type Node, node as nodeKind } from '../../api/core/node.ts'
import { type CSINode, csiNode } from '../../api/storage/csinode.ts'
import { isReason } from '../../apimachinery/errors.ts'
import { deepEqual } from '../../apimachinery/json.ts'
import type { Client } from '../../client/client.ts'
import type { CsiDriver } from './driver.ts'

const NODE_IDS = 'csi.volume.kubernetes.io/nodeid'
const ATTEMPTS = 5

/**
 * Says in the API which CSI drivers a node has: in its CSINode, in an annotation for attachers of old, and by labels for the
 * places they tell apart (upstream pkg/volume/csi/nodeinfomanager). Drivers that the CSINode has from before and that have
 * not registered yet are kept, but for the one that is `gone`.
 */
export async function publishDrivers(
  client: Client,
  node: Node,
  drivers: readonly CsiDriver[],
  gone?: string,
): Promise<void> {
  if (drivers.length > 0) {
    const labels = Object.assign({}, ...drivers.map(({ info }) => info.accessibleTopology?.segments ?? {}))
    await client.patch(nodeKind, { name: node.metadata.name! }, 'merge', { metadata: { labels } })
  }
  for (let attempt = 1; ; attempt++) {
    try {
      const all = await publishCsiNode(client, node, drivers, gone)
      if (drivers.length > 0 || gone) await publishIds(client, node, all)
      return
    } catch (error) {
      if (attempt === ATTEMPTS || !isReason(error, 'Conflict', 'AlreadyExists')) throw error
    }
  }
}

type Drivers = CSINode['spec']['drivers']

async function publishCsiNode(client: Client, node: Node, drivers: readonly CsiDriver[], gone?: string) {
  const { name = '', uid = '' } = node.metadata
  const found = await client.get(csiNode, { name }).catch(error => {
    if (isReason(error, 'NotFound')) return undefined
    throw error
  })
  const known = new Set([gone, ...drivers.map(driver => driver.name)])
  const others = found?.spec.drivers.filter(driver => !known.has(driver.name)) ?? []
  const all: Drivers = [...others, ...drivers.map(describe)].sort((a, b) => a.name.localeCompare(b.name))
  const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name, uid }]
  const spec = { drivers: all }
  if (!found) await client.create(csiNode, { metadata: { name, ownerReferences }, spec })
  else if (!deepEqual(found.spec, spec) || found.metadata.ownerReferences?.[0]?.uid !== uid) {
    await client.update(csiNode, { ...found, metadata: { ...found.metadata, ownerReferences }, spec })
  }
  return all
}

function describe({ name, info }: CsiDriver): Drivers[number] {
  const count = info.maxVolumesPerNode
  return {
    name,
    nodeID: info.nodeId,
    topologyKeys: Object.keys(info.accessibleTopology?.segments ?? {}).sort(),
    ...(count > 0 && { allocatable: { count } }),
  }
}

async function publishIds(client: Client, { metadata }: Node, all: Drivers): Promise<void> {
  const ids = Object.fromEntries(all.map(({ name, nodeID }) => [name, nodeID]))
  const annotations = { [NODE_IDS]: all.length > 0 ? JSON.stringify(ids) : null }
  await client.patch(nodeKind, { name: metadata.name! }, 'merge', { metadata: { annotations } })
}
