import { StatusError } from '../apimachinery/errors.ts'
import { MachineError } from '../apimachinery/machine-error.ts'

/** Errors of the user's machine and of the API in words; anything else is a bug and shows where it happened. */
export function explain(error: unknown): string {
  if (error instanceof MachineError) return `error: ${error.what}\n  why: ${error.why}\n  do:  ${error.todo}\n`
  if (error instanceof StatusError) return `Error from server (${error.reason}): ${error.message}\n`
  return `${error instanceof Error ? error.stack : String(error)}\n`
}
