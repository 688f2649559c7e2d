import type { FieldError } from './validation/at.ts'

/** The `reason` of a Status (meta/v1 StatusReason). */
export type StatusReason =
  | ''
  | 'Unauthorized'
  | 'Forbidden'
  | 'NotFound'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Gone'
  | 'Invalid'
  | 'ServerTimeout'
  | 'Timeout'
  | 'TooManyRequests'
  | 'BadRequest'
  | 'MethodNotAllowed'
  | 'NotAcceptable'
  | 'RequestEntityTooLarge'
  | 'UnsupportedMediaType'
  | 'InternalError'
  | 'Expired'
  | 'ServiceUnavailable'

export interface StatusCause {
  reason?: string
  message?: string
  field?: string
}

export interface StatusDetails {
  name?: string
  group?: string
  kind?: string
  uid?: string
  causes?: StatusCause[]
  retryAfterSeconds?: number
}

/** metav1.Status, as it goes over the wire. */
export interface Status {
  kind: 'Status'
  apiVersion: 'v1'
  metadata: Record<string, never>
  status: 'Success' | 'Failure'
  message?: string
  reason?: StatusReason
  details?: StatusDetails
  code: number
}

/** What an error is about: the plural and its group, as `deployments.apps`. */
export interface GroupResource {
  readonly group: string
  readonly plural: string
}

/** Every failure of an API request. Thrown, never returned; carries the Status that the client gets. */
export class StatusError extends Error {
  readonly status: Status

  constructor(code: number, reason: StatusReason, message: string, details?: StatusDetails) {
    super(message)
    this.name = 'StatusError'
    this.status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, details, code }
  }

  get code(): number {
    return this.status.code
  }
  get reason(): StatusReason {
    return this.status.reason ?? ''
  }

  /** The error a Status from another server stands for. */
  static of(status: Status): StatusError {
    return new StatusError(status.code, status.reason ?? '', status.message ?? '', status.details)
  }
}

/** Whether the error is an API error with one of these reasons. */
export function isReason(error: unknown, ...reasons: StatusReason[]): error is StatusError {
  return error instanceof StatusError && reasons.includes(error.reason)
}

const qualified = ({ group, plural }: GroupResource) => (group ? `${plural}.${group}` : plural)
const about = ({ group, plural }: GroupResource, name: string): StatusDetails => ({
  ...(name && { name }),
  ...(group && { group }),
  kind: plural,
})

export const notFound = (resource: GroupResource, name: string) =>
  new StatusError(404, 'NotFound', `${qualified(resource)} ${JSON.stringify(name)} not found`, about(resource, name))

export const alreadyExists = (resource: GroupResource, name: string) =>
  new StatusError(
    409,
    'AlreadyExists',
    `${qualified(resource)} ${JSON.stringify(name)} already exists`,
    about(resource, name),
  )

export const conflict = (resource: GroupResource, name: string, why: string, causes?: StatusCause[]) =>
  new StatusError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(resource)} ${JSON.stringify(name)}: ${why}`,
    { ...about(resource, name), causes },
  )

/** Someone else changed the object since the caller read it. */
export const modified = (resource: GroupResource, name: string) =>
  conflict(
    resource,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  )

export const forbidden = (resource: GroupResource, name: string, why: string) =>
  new StatusError(
    403,
    'Forbidden',
    name || resource.plural
      ? `${qualified(resource)}${name ? ` ${JSON.stringify(name)}` : ''} is forbidden: ${why}`
      : `forbidden: ${why}`,
    about(resource, name),
  )

/** One or more fields are wrong: `Pod "x" is invalid: spec.containers: Required value`. */
export function invalid(
  kind: { group: string; kind: string },
  name: string,
  errors: readonly FieldError[],
): StatusError {
  const texts = [...new Set(errors.map(e => `${e.field}: ${e.message}`))]
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`
  const type = kind.group ? `${kind.kind}.${kind.group}` : kind.kind
  return new StatusError(422, 'Invalid', `${type} ${JSON.stringify(name)} is invalid: ${list}`, {
    ...(name && { name }),
    ...(kind.group && { group: kind.group }),
    kind: kind.kind,
    causes: errors.map(e => ({ reason: e.type, message: e.message, field: e.field })),
  })
}

export const badRequest = (message: string) => new StatusError(400, 'BadRequest', message)
export const unauthorized = (message = 'Unauthorized') => new StatusError(401, 'Unauthorized', message)
export const methodNotAllowed = (resource: GroupResource, action: string) =>
  new StatusError(
    405,
    'MethodNotAllowed',
    `${action} is not supported on resources of kind ${JSON.stringify(qualified(resource))}`,
    about(resource, ''),
  )
export const notAcceptable = (accepted: readonly string[]) =>
  new StatusError(406, 'NotAcceptable', `only the following media types are accepted: ${accepted.join(', ')}`)
export const unsupportedMediaType = (accepted: readonly string[]) =>
  new StatusError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  )
/** The asked revision is no longer kept; the client has to list again. */
export const expired = (message: string) => new StatusError(410, 'Expired', message)
export const requestEntityTooLarge = (limit: number) =>
  new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limit}`)
export const tooManyRequests = (message: string, retryAfterSeconds: number, causes?: StatusCause[]) =>
  new StatusError(429, 'TooManyRequests', message, { retryAfterSeconds, causes })
export const internalError = (message: string) =>
  new StatusError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] })
export const serviceUnavailable = (message: string) => new StatusError(503, 'ServiceUnavailable', message)
