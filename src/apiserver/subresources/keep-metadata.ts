import type { KubeObject } from '../../apimachinery/schema/kind.ts'

const KEPT = ['labels', 'annotations', 'finalizers', 'ownerReferences'] as const

/** Puts back the metadata that a write through a subresource cannot change (apimachinery ResetObjectMetaForStatus). */
export function keepAllMetadata(object: KubeObject, old: KubeObject): void {
  const metadata: Record<string, unknown> = object.metadata
  for (const field of KEPT) {
    if (old.metadata[field] === undefined) delete metadata[field]
    else metadata[field] = structuredClone(old.metadata[field])
  }
}
