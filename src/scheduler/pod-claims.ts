import type { Pod } from '../api/core/pod.ts'

/** The claim that a volume of a pod stands for; `ephemeral` when it is made for the pod. */
export interface ClaimReference {
  readonly name: string
  readonly ephemeral: boolean
}

/** The claims that a pod's volumes stand for. */
export function claimsOf({ spec, metadata }: Pod): ClaimReference[] {
  const out: ClaimReference[] = []
  for (const { name, persistentVolumeClaim, ephemeral } of spec.volumes ?? []) {
    if (persistentVolumeClaim) out.push({ name: persistentVolumeClaim.claimName, ephemeral: false })
    else if (ephemeral) out.push({ name: `${metadata.name}-${name}`, ephemeral: true })
  }
  return out
}
