import type { At } from '../../apimachinery/validation/at.ts'
import type { DeviceClaim, DeviceConstraint, OpaqueDeviceConfiguration } from './claim.ts'
import { validateItems, validateSet } from './lists.ts'
import { validateDriverName, validateFullyQualifiedName, validateLabelled } from './names.ts'

/** The rules of claims, after upstream's pkg/apis/resource/validation. */

const MAX_REQUESTS = 32
const MAX_CONSTRAINTS = 32
export const MAX_CONFIGS = 32
const MAX_PARAMETER_BYTES = 10 * 1024
const itself = (name: string) => name

/** The names of a claim's requests, each with those of the requests below it. */
export type RequestNames = ReadonlyMap<string, readonly string[]>

export const requestNames = ({ requests }: DeviceClaim): RequestNames =>
  new Map(requests.map(({ name, firstAvailable = [] }) => [name, firstAvailable.map(request => request.name)]))

/** A reference to a request, or to one below it: `request/subrequest`. */
export function validateRequestReference(reference: string, names: RequestNames, at: At): void {
  const unknown =
    "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"
  const parts = reference.split('/')
  const [name = '', below] = parts
  if (parts.length > 2) {
    at.invalid(reference, unknown)
    return
  }
  for (const part of parts) validateLabelled(part, at)
  const found = names.get(name)
  if (!found || (below !== undefined && !found.includes(below))) at.invalid(reference, unknown)
}

export function validateRequestReferences(
  references: readonly string[] | undefined,
  names: RequestNames,
  at: At,
): void {
  validateSet(references, MAX_REQUESTS, at, itself, (reference, place) => {
    validateRequestReference(reference, names, place)
  })
}

/** Any JSON object up to a size. */
export function validateRawObject(value: unknown, maxBytes: number, at: At): void {
  if (value === undefined || value === null) at.required()
  else if (Buffer.byteLength(JSON.stringify(value)) > maxBytes) at.tooLong(maxBytes)
  else if (typeof value !== 'object' || Array.isArray(value)) {
    at.invalid('<value omitted>', 'must be a valid JSON object')
  }
}

export function validateOpaque({ driver, parameters }: OpaqueDeviceConfiguration, at: At): void {
  validateDriverName(driver, at.child('driver'))
  validateRawObject(parameters, MAX_PARAMETER_BYTES, at.child('parameters'))
}

export function validateConfiguration({ opaque }: { readonly opaque?: object }, at: At): void {
  if (!opaque) at.child('opaque').required()
}

function validateConstraint(constraint: DeviceConstraint, names: RequestNames, at: At): void {
  validateRequestReferences(constraint.requests, names, at.child('requests'))
  const { matchAttribute: match, distinctAttribute: distinct } = constraint
  if (match !== undefined) validateFullyQualifiedName(match, at.child('matchAttribute'))
  else if (distinct !== undefined) validateFullyQualifiedName(distinct, at.child('distinctAttribute'))
  else {
    at.required('exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set')
  }
}

export function validateDeviceClaim(claim: DeviceClaim, at: At): void {
  const names = requestNames(claim)
  validateSet(claim.requests, MAX_REQUESTS, at.child('requests'), ({ name }) => name)
  validateItems(claim.constraints, MAX_CONSTRAINTS, at.child('constraints'), (constraint, place) => {
    validateConstraint(constraint, names, place)
  })
  validateItems(claim.config, MAX_CONFIGS, at.child('config'), ({ requests }, place) => {
    validateRequestReferences(requests, names, place.child('requests'))
  })
}
