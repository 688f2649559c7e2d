import type { KubeObject } from '../../apimachinery/schema/kind.ts'
import type { ReconcileContext } from '../../client/controller.ts'
import { keyOf } from '../../client/informer.ts'

/**
 * Ends a reconcile with an error, and asks for the look that is due after `ms` milliseconds all the same: attempts that fail
 * come ever more seldom, and time that passes must not wait for them.
 */
export function failButLook(
  error: unknown,
  object: KubeObject,
  ms: number | undefined,
  context: ReconcileContext,
): never {
  if (ms !== undefined) context.enqueue(keyOf(object), Math.max(1, ms))
  throw error
}
