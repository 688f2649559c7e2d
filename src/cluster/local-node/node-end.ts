import { readFile, rm } from 'node:fs/promises'
import { type Clock, sleep } from '../../apimachinery/clock.ts'
import { cgroupLayout, removeCgroup, removeEmptyParents } from './cgroups.ts'
import { keepAwake } from './keep-awake.ts'
import { nodeCgroups, nodeFiles } from './names.ts'
import { deleteNodeNetwork } from './node-network.ts'
import type { LocalNodeOptions } from './node-settings.ts'
import { isRunning, type ProcessIdentity, statOf } from './process.ts'

/** Which node, and where its files are: what is needed to end one, whether it runs or not. */
export type NodePlace = Pick<LocalNodeOptions, 'cluster' | 'name' | 'dir' | 'fabric'> & { podCidrs?: readonly string[] }

/** How long the kernel may take to end a node's processes. */
const END_TIMEOUT_MS = 30_000

/** How soon is looked again whether they have gone. */
const GLANCE_MS = 5

/** The process that a file names, if it still runs. */
export async function readIdentity(file: string): Promise<ProcessIdentity | undefined> {
  const [pid, startTime] = (await readFile(file, 'utf8').catch(() => '')).split(' ').map(Number)
  if (!pid || !startTime) return undefined
  return isRunning({ pid, startTime }) ? { pid, startTime } : undefined
}

async function end(identity: ProcessIdentity, clock: Clock): Promise<void> {
  // `unshare` holds the node's namespaces too until it has seen the end of its child.
  const holder = statOf(identity.pid)?.parent ?? 0
  const holderStat = statOf(holder)
  const gone: ProcessIdentity[] = [identity]
  if (holderStat?.command === 'unshare') gone.push({ pid: holder, startTime: holderStat.startTime })
  process.kill(identity.pid, 'SIGKILL')
  const deadline = clock.now() + END_TIMEOUT_MS
  while (gone.some(isRunning)) {
    if (clock.now() > deadline) throw new Error(`process ${identity.pid} does not end`)
    await sleep(clock, GLANCE_MS)
  }
}

/** Ends everything that runs in a node; its files, network and cgroups stay. Does nothing when it does not run. */
export async function stopLocalNode({ dir }: Pick<NodePlace, 'dir'>, clock: Clock): Promise<void> {
  const files = nodeFiles(dir)
  await keepAwake(endHalfStarted(dir, clock))
  const identity = await readIdentity(files.initPid)
  if (identity) await keepAwake(end(identity, clock))
  await rm(files.initPid, { force: true })
}

/** Ends a node and removes every trace of it: network, cgroups and its folder. */
export async function deleteLocalNode(place: NodePlace, clock: Clock): Promise<void> {
  await stopLocalNode(place, clock)
  await deleteNodeNetwork(place.fabric, place.name, place.podCidrs)
  const layout = await cgroupLayout()
  const { root } = nodeCgroups(place.cluster, place.name)
  await keepAwake(removeCgroup(layout, root, clock))
  await removeEmptyParents(layout, root)
  await rm(place.dir, { recursive: true, force: true })
}

/** A first process whose starter died before it was done is not known to anyone: it is ended. */
export async function endHalfStarted(dir: string, clock: Clock): Promise<void> {
  const { startingPid } = nodeFiles(dir)
  const identity = await readIdentity(startingPid)
  if (identity) await end(identity, clock)
  await rm(startingPid, { force: true })
}
