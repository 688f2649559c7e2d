import { type ServiceError, status } from '@grpc/grpc-js'

/** A gRPC status by name, as containerd and CRI-O return it. */
type CriCode = keyof typeof status

/**
 * A call to the container runtime that failed. UNAVAILABLE means that the runtime could not be reached, or that the
 * connection broke on the way; the next call connects anew.
 */
export class CriError extends Error {
  readonly code: CriCode
  /** The runtime's own words. */
  readonly details: string
  /** The method that was called, such as RunPodSandbox. */
  readonly method: string

  constructor(code: CriCode, details: string, method: string) {
    super(`${method}: ${details || code}`)
    this.name = 'CriError'
    this.code = code
    this.details = details
    this.method = method
  }
}

/** Whether an error says that a sandbox, container or image does not exist. */
export const isNotFound = (error: unknown): boolean => error instanceof CriError && error.code === 'NOT_FOUND'

/** Makes a CriError of what @grpc/grpc-js gives. */
export function criErrorOf(error: ServiceError, method: string): CriError {
  const code = (status[error.code] ?? 'UNKNOWN') as CriCode
  return new CriError(code, error.details || error.message, method)
}
