import jsonPatch, { type Operation } from 'fast-json-patch'
import { badRequest, StatusError } from '../errors.ts'

/** Most operations in one patch (upstream's maxJSONPatchOperations). */
const MAX_OPERATIONS = 10_000

/** Bytes that copies may add to an object altogether (upstream's JSONPatchMaxCopyBytes). */
const MAX_COPIED_BYTES = 3 << 20

/** JSON patch (RFC 6902). Gives a new value; throws 400 for what is no patch, 422 when it does not fit, 413 when too long. */
export function applyJsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) {
    const type = typeof patch === 'boolean' ? 'bool' : typeof patch
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${type} into Go value of type []handlers.jsonPatchOp`,
    )
  }
  if (patch.length > MAX_OPERATIONS) {
    throw new StatusError(
      413,
      'RequestEntityTooLarge',
      `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`,
    )
  }
  try {
    const problem = jsonPatch.validate(patch as Operation[])
    if (problem && problem.name !== 'OPERATION_PATH_UNRESOLVABLE') throw misfit()
    return applyEach(structuredClone(target), structuredClone(patch) as Operation[])
  } catch (error) {
    throw error instanceof StatusError ? error : misfit()
  }
}

/** Clients of upstream's server get no more than this (apiserver handlers applyJSPatch). */
const misfit = () =>
  new StatusError(422, 'Invalid', 'the server rejected our request due to an error in our request', {})

function applyEach(target: unknown, patch: readonly Operation[]): unknown {
  let document = target
  let copied = 0
  for (const [i, operation] of patch.entries()) {
    if (operation.op === 'copy') {
      // Copies of copies double an object each time (CVE-2019-1002100).
      copied += JSON.stringify(jsonPatch.getValueByPointer(document, operation.from))?.length ?? 0
      if (copied > MAX_COPIED_BYTES) {
        throw new Error(
          `Unable to complete the copy, the accumulated size increase of copy is ${copied}, exceeding the limit ${MAX_COPIED_BYTES}`,
        )
      }
    }
    document = jsonPatch.applyOperation(document, operation, true, true, true, i).newDocument
  }
  return document
}
