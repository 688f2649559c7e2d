import type { Kind, KubeObject } from '../schema/kind.ts'
import { compare, fieldsOf } from './compare.ts'
import type { FieldSet } from './field-set.ts'
import { shapeOfType } from './typed.ts'

/** The manager that `kubectl apply --server-side` goes by unless told otherwise. */
export const KUBECTL = 'kubectl'
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

/**
 * Fields that kubectl applied from the client's side and nobody has changed since: applying them server-side takes them
 * from nobody (upstream lastappliedmanager.go). Undefined when the object was not applied so.
 */
export function allowedByLastApplied(kind: Kind, live: KubeObject): FieldSet | undefined {
  const text = live.metadata.annotations?.[LAST_APPLIED]
  if (!text) return undefined
  let applied: KubeObject
  try {
    applied = JSON.parse(text) as KubeObject
  } catch {
    return undefined
  }
  if (applied.apiVersion !== kind.apiVersion || typeof applied.metadata !== 'object') return undefined
  const shape = shapeOfType(kind.message)
  const { added, modified, removed } = compare(shape, applied, live)
  return fieldsOf(shape, applied).difference(modified).difference(added).difference(removed)
}

/** Keeps the annotation of client-side apply, where there is one, in step with what was applied server-side. */
export function syncLastApplied(object: KubeObject, config: KubeObject): void {
  if (!object.metadata.annotations?.[LAST_APPLIED]) return
  const { annotations: given, ...metadata } = config.metadata
  const { [LAST_APPLIED]: _, ...annotations } = given ?? {}
  const applied = { ...config, metadata: { ...metadata, ...(given && { annotations }) } }
  object.metadata.annotations = {
    ...object.metadata.annotations,
    [LAST_APPLIED]: `${JSON.stringify(applied)}\n`,
  }
}
