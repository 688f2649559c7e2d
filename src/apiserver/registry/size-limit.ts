import { StatusError } from '../../apimachinery/errors.ts'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import { encodeProtobuf } from '../../apimachinery/schema/protobuf.ts'

/** What etcd takes at most in one request (its --max-request-bytes). */
const MAX_BYTES = 1.5 * 1024 * 1024

/**
 * Refuses objects that are too large for upstream's store, which keeps built-in kinds as protobuf and custom ones as JSON, in its
 * words. `bytes`: how long the object is as JSON, which is never shorter.
 */
export function checkSize(kind: Kind, object: KubeObject, bytes: number): void {
  if (bytes <= MAX_BYTES) return
  if (!kind.custom && encodeProtobuf(kind, object).length <= MAX_BYTES) return
  throw new StatusError(500, '', 'etcdserver: request is too large')
}
