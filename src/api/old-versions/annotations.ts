import type { ObjectMeta } from '../../apimachinery/meta/object-meta.ts'

/** What one version has a field for and another keeps in an annotation. */

export function annotate(metadata: ObjectMeta, key: string, value: string): void {
  metadata.annotations = { ...metadata.annotations, [key]: value }
}

/** Removes an annotation; gives its value. */
export function takeAnnotation(metadata: ObjectMeta, key: string): string | undefined {
  const { [key]: value, ...rest } = metadata.annotations ?? {}
  if (value === undefined) return undefined
  if (Object.keys(rest).length > 0) metadata.annotations = rest
  else delete metadata.annotations
  return value
}
