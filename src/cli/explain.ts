import { StatusError } from '../apimachinery/errors.ts'
import { MachineError } from '../apimachinery/machine-error.ts'
import { tsukubeHome } from '../cluster/cluster-config.ts'

/** What a file system refuses, by Node's codes, and what helps. */
const FILE_SYSTEM: Readonly<Record<string, readonly [why: string, todo: string]>> = {
  ENOSPC: ['the disk is full', 'Free some space and try again.'],
  EDQUOT: ['your share of the disk is used up', 'Free some space and try again.'],
  EROFS: ['the disk is read-only', 'Set TSUKUBE_HOME to a folder on another one.'],
  EACCES: ['you may not', 'Set TSUKUBE_HOME to a folder of yours, or run as the user whose it is.'],
}

function explainFileSystem(error: Error): string | undefined {
  const { code = '', path, syscall }: NodeJS.ErrnoException = error
  const known = syscall && FILE_SYSTEM[code]
  if (!known) return undefined
  const [why, todo] = known
  const what = path
    ? `${path} cannot be changed or read (${syscall})`
    : `A file below ${tsukubeHome()} cannot be written`
  return `error: ${what}\n  why: ${why}\n  do:  ${todo}\n`
}

/** Errors of the user's machine and of the API in words; anything else is a bug and shows where it happened. */
export function explain(error: unknown): string {
  if (error instanceof MachineError) return `error: ${error.what}\n  why: ${error.why}\n  do:  ${error.todo}\n`
  if (error instanceof StatusError) return `Error from server (${error.reason}): ${error.message}\n`
  const text = error instanceof Error && explainFileSystem(error)
  if (text) return text
  return `${error instanceof Error ? error.stack : String(error)}\n`
}
