import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { run } from '../system/run.ts'
import { ipBatch } from './ip.ts'
import { fabricNamespace, macOf, namespaceFile } from './names.ts'

/** A cluster's own network: a namespace with a bridge that its nodes are plugged into. It leads nowhere else. */
export interface Fabric {
  cluster: string
  /** Name of the network namespace. */
  namespace: string
  /** The bridge's address, the nodes' default gateway. */
  gateway: string
  /** Length of the subnet's prefix. */
  prefixLength: number
}

/** The fabric of a cluster in a subnet such as 172.30.0.0/24; its first address is the gateway. */
export function fabricOf(cluster: string, subnet: string): Fabric {
  const { base, prefixLength } = parseSubnet(subnet)
  return { cluster, namespace: fabricNamespace(cluster), gateway: addressAt(base, 1), prefixLength }
}

/** The `index`-th address of an IPv4 subnet; throws when the subnet is too small. */
export function addressIn(subnet: string, index: number): string {
  const { base, prefixLength } = parseSubnet(subnet)
  if (index >= 2 ** (32 - prefixLength) - 1) throw new Error(`${subnet} has no address number ${index}`)
  return addressAt(base, index)
}

function parseSubnet(subnet: string): { base: number; prefixLength: number } {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(subnet)
  const [a = 0, b = 0, c = 0, d = 0, prefixLength = 0] = match?.slice(1).map(Number) ?? []
  if (!match || [a, b, c, d].some(n => n > 255) || prefixLength < 8 || prefixLength > 29) {
    throw new Error(`${subnet} is not an IPv4 subnet between /8 and /29`)
  }
  const base = a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d
  return { base: base - (base % 2 ** (32 - prefixLength)), prefixLength }
}

const addressAt = (base: number, index: number) =>
  [24, 16, 8, 0].map(shift => Math.floor((base + index) / 2 ** shift) % 256).join('.')

/** The bridge inside the fabric namespace. */
export const BRIDGE = 'br0'

/** Makes the fabric, or completes one that was left half made. */
export async function ensureFabric(fabric: Fabric): Promise<void> {
  const { namespace, cluster } = fabric
  if (!(await isNamespace(namespace))) await addNamespace(namespace)
  const bridge = await run('ip', ['-n', namespace, '-json', 'addr', 'show', 'dev', BRIDGE]).catch(() => '')
  const ready = bridge.includes(`"local":"${fabric.gateway}","prefixlen":${fabric.prefixLength}`)
  if (ready && bridge.includes('"UP"')) return
  const commands = [
    'link set lo up',
    bridge ? '' : `link add ${BRIDGE} address ${macOf(cluster, 'fabric')} type bridge`,
    `addr replace ${fabric.gateway}/${fabric.prefixLength} dev ${BRIDGE}`,
    `link set ${BRIDGE} up`,
  ]
  await ipBatch(namespace, commands)
}

/** Removes the fabric with everything plugged into it. */
export const deleteFabric = (fabric: Fabric): Promise<void> => deleteNamespace(fabric.namespace)

export const addNamespace = async (name: string): Promise<void> => {
  await rm(namespaceFile(name), { force: true })
  await run('ip', ['netns', 'add', name])
}

export async function deleteNamespace(name: string): Promise<void> {
  if (!existsSync(namespaceFile(name))) return
  // A file without a namespace mounted on it is what a machine's restart leaves; `ip` refuses it.
  await run('ip', ['netns', 'delete', name]).catch(() => rm(namespaceFile(name), { force: true }))
}

async function isNamespace(name: string): Promise<boolean> {
  if (!existsSync(namespaceFile(name))) return false
  return run('nsenter', [`--net=${namespaceFile(name)}`, 'true']).then(
    () => true,
    () => false,
  )
}
