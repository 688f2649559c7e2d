import { open } from 'node:fs/promises'
import type { ContainerStatus } from '../cri/messages/container.ts'
import { readLogTail } from '../logs/tail.ts'
import { readAnnotations } from './labels.ts'

/** Upstream's limits (pkg/kubelet/container MaxContainerTerminationMessage...). */
const MAX_BYTES = 4096
const MAX_LOG_BYTES = 2048
const MAX_LOG_LINES = 80

/** A container's last words: its termination file, or the end of its log where it failed and its policy says so. */
export async function terminationMessage(status: ContainerStatus): Promise<string> {
  const { terminationMessagePath, terminationMessagePolicy } = readAnnotations(status.annotations)
  const file = status.mounts.find(({ containerPath }) => containerPath === terminationMessagePath)?.hostPath
  const said = terminationMessagePath && file ? await endOf(file) : ''
  if (said) return said
  const failed = status.exitCode !== 0
  if (failed && terminationMessagePolicy === 'FallbackToLogsOnError' && status.logPath) {
    const log = await readLogTail(status.logPath, MAX_LOG_LINES).catch(() => '')
    if (log) return log.slice(-MAX_LOG_BYTES)
  }
  return status.message
}

async function endOf(file: string): Promise<string> {
  const handle = await open(file, 'r').catch(() => undefined)
  if (!handle) return ''
  try {
    const { size } = await handle.stat()
    const { buffer, bytesRead } = await handle.read(
      Buffer.alloc(MAX_BYTES),
      0,
      MAX_BYTES,
      Math.max(0, size - MAX_BYTES),
    )
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await handle.close()
  }
}
