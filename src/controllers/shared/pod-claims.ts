import { podReferences } from '../../api/core/pod/references.ts'
import type { Pod } from '../../api/core/pod.ts'

/** Keys (`namespace/name`) of the claims that a pod uses, those of its ephemeral volumes too. */
export function claimsOf({ metadata, spec }: Pod): string[] {
  // Most pods have none, and every change of a pod comes here.
  if (!spec.volumes?.some(({ persistentVolumeClaim: claim, ephemeral }) => claim || ephemeral)) return []
  return [...podReferences(metadata.name ?? '', spec).claims].map(name => `${metadata.namespace}/${name}`)
}
