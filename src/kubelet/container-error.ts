import { CriError } from './cri/error.ts'

/** Why a container does not run, as its status names it: ErrImagePull, CreateContainerConfigError, CrashLoopBackOff. */
export class ContainerError extends Error {
  readonly reason: string
  /** Milliseconds until it makes sense to try again. */
  readonly againAfter: number | undefined

  constructor(reason: string, message: string, againAfter?: number) {
    super(message)
    this.name = 'ContainerError'
    this.reason = reason
    this.againAfter = againAfter
  }
}

const goName = (code: string) =>
  code.toLowerCase().replace(/(^|_)([a-z])/g, (_, __, letter: string) => letter.toUpperCase())

/** An error in Go's words: what a runtime answers looks in events as it does with upstream. */
export function errorText(error: unknown): string {
  if (error instanceof CriError) return `rpc error: code = ${goName(error.code)} desc = ${error.details}`
  return error instanceof Error ? error.message : String(error)
}
