import { run } from '../system/run.ts'

/**
 * Runs several `ip` commands with one process, inside a named network namespace or in this process's own; stops at the
 * first that fails.
 */
export async function ipBatch(namespace: string | undefined, commands: readonly string[]): Promise<void> {
  if (commands.length === 0) return
  const where = namespace ? ['-n', namespace] : []
  await run('ip', [...where, '-batch', '-'], { input: `${commands.filter(Boolean).join('\n')}\n` })
}
