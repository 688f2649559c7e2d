import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { systemClock } from '../../../src/apimachinery/clock.ts'
import { systemRandom } from '../../../src/apimachinery/random.ts'
import { PAUSE_IMAGE } from '../../../src/cluster/images/recipes/index.ts'
import { cgroupLayout, removeCgroup } from '../../../src/cluster/local-node/cgroups.ts'
import {
  addressIn,
  deleteFabric,
  deleteNamespace,
  ensureFabric,
  fabricOf,
} from '../../../src/cluster/local-node/fabric.ts'
import { type LocalNode, startLocalNode } from '../../../src/cluster/local-node/node.ts'
import { deleteLocalNode } from '../../../src/cluster/local-node/node-end.ts'
import type { LocalNodeOptions } from '../../../src/cluster/local-node/node-settings.ts'

const SUBNET = '172.30.0.0/24'

/** Where tests keep what is expensive to make again, between runs too. */
export const imageCache = path.join(os.tmpdir(), 'tsukube-test-cache', 'images')

/** A fabric and nodes for one test file. `end` removes all of it. */
export interface TestCluster {
  name: string
  dir: string
  options(node: number, more?: Partial<LocalNodeOptions>): LocalNodeOptions
  start(node: number, more?: Partial<LocalNodeOptions>): Promise<LocalNode>
  end(): Promise<void>
}

/** Makes a cluster named after this process, and first removes what killed test runs left. */
export async function testCluster(): Promise<TestCluster> {
  await sweep()
  const name = `test-${process.pid}-${systemRandom.uuid().slice(0, 8)}`
  const dir = path.join(os.tmpdir(), `tsukube-${name}`)
  const fabric = fabricOf(name, SUBNET)
  await mkdir(path.join(dir, 'nodes'), { recursive: true })
  await ensureFabric(fabric)
  const options = (node: number, more: Partial<LocalNodeOptions> = {}): LocalNodeOptions => ({
    cluster: name,
    name: `node${node}`,
    dir: path.join(dir, 'nodes', `node${node}`),
    fabric,
    address: addressIn(SUBNET, 10 + node),
    podCidrs: [`10.244.${node}.0/24`],
    sandboxImage: PAUSE_IMAGE,
    ...more,
  })
  return {
    name,
    dir,
    options,
    start: (node, more) => startLocalNode(options(node, more), systemClock),
    end: () => remove(name, dir),
  }
}

async function remove(cluster: string, dir: string): Promise<void> {
  const fabric = fabricOf(cluster, SUBNET)
  for (const node of await readdir(path.join(dir, 'nodes')).catch(() => [])) {
    await deleteLocalNode({ cluster, name: node, dir: path.join(dir, 'nodes', node), fabric }, systemClock)
  }
  for (const name of await namespacesOf(cluster)) await deleteNamespace(name)
  await deleteFabric(fabric)
  await removeCgroup(await cgroupLayout(), `/tsukube/${cluster}`, systemClock)
  await rm(dir, { recursive: true, force: true })
}

const namespacesOf = async (cluster: string) =>
  (await readdir('/run/netns').catch(() => [])).filter(name => name.startsWith(`tsukube-${cluster}-`))

/** Removes test clusters whose process is gone. */
async function sweep(): Promise<void> {
  const { roots } = await cgroupLayout()
  const names = [
    ...(await readdir('/run/netns').catch(() => [])),
    ...(await readdir(os.tmpdir())),
    ...(await readdir(path.join(roots[0]!, 'tsukube')).catch(() => [])).map(name => `tsukube-${name}`),
  ]
  const found = names.flatMap(name => /^tsukube-(test-(\d+)-[0-9a-f]{8})/.exec(name) ?? [])
  const clusters = new Set(found.filter(text => text.startsWith('test-')))
  for (const cluster of clusters) {
    const pid = cluster.split('-')[1]!
    if (!existsSync(`/proc/${pid}`)) await remove(cluster, path.join(os.tmpdir(), `tsukube-${cluster}`))
  }
}

/** Everything on this machine that still bears a cluster's name: namespaces, cgroups, mounts, processes, files. */
export async function tracesOf(cluster: string): Promise<string[]> {
  const layout = await cgroupLayout()
  const cgroups = layout.roots.map(root => path.join(root, 'tsukube', cluster)).filter(existsSync)
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').filter(line => line.includes(cluster))
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
  const commands = await Promise.all(pids.map(pid => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  const files = (await readdir(os.tmpdir())).filter(name => name.includes(cluster))
  return [
    ...(await namespacesOf(cluster)),
    ...cgroups,
    ...mounts,
    ...commands.filter(c => c.includes(cluster)),
    ...files,
  ]
}
