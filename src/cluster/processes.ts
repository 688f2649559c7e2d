import { existsSync, readFileSync } from 'node:fs'
import { type Clock, sleep } from '../apimachinery/clock.ts'
import type { ClusterFolder } from './cluster-config.ts'
import { isRunning } from './local-node/process.ts'
import type { ServerFile } from './server-process.ts'

const GLANCE_MS = 20

/** The cluster's server process, if it runs. */
export function runningServer(folder: ClusterFolder): ServerFile | undefined {
  if (!existsSync(folder.serverFile)) return undefined
  try {
    const server = JSON.parse(readFileSync(folder.serverFile, 'utf8')) as ServerFile
    return isRunning(server) ? server : undefined
  } catch {
    return undefined
  }
}

/** Asks a process to end, and ends it if it has not after `graceMs`. Resolves once it is gone. */
export async function endProcess(
  process_: { pid: number; startTime: number },
  graceMs: number,
  clock: Clock,
): Promise<void> {
  if (!isRunning(process_)) return
  process.kill(process_.pid, 'SIGTERM')
  const deadline = clock.now() + graceMs
  while (isRunning(process_) && clock.now() < deadline) await sleep(clock, GLANCE_MS)
  if (!isRunning(process_)) return
  process.kill(process_.pid, 'SIGKILL')
  while (isRunning(process_)) await sleep(clock, GLANCE_MS)
}
