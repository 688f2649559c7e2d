import { fractionWarnings } from './fraction-warnings.ts'
import { nodeSelectorTermWarnings } from './node-label-warnings.ts'
import type { PersistentVolume } from './persistentvolume.ts'
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from './persistentvolumeclaim.ts'
import { volumeSourceWarnings } from './volume-warnings.ts'

const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class'

const classWarnings = (annotations: Readonly<Record<string, string>> | undefined): string[] =>
  annotations?.[BETA_CLASS] === undefined
    ? []
    : [`metadata.annotations[${BETA_CLASS}]: deprecated since v1.8; use "storageClassName" attribute instead`]

/** What is to be said of a volume (upstream pkg/api/persistentvolume). */
export function persistentVolumeWarnings({ metadata, spec }: PersistentVolume): string[] {
  const terms = spec.nodeAffinity?.required?.nodeSelectorTerms ?? []
  return [
    ...classWarnings(metadata.annotations),
    ...(spec.persistentVolumeReclaimPolicy === 'Recycle'
      ? [
          'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
        ]
      : []),
    ...terms.flatMap((term, i) => nodeSelectorTermWarnings(term, `spec.nodeAffinity.required.nodeSelectorTerms[${i}]`)),
    ...volumeSourceWarnings(spec, 'spec'),
  ]
}

/** What is to be said of a claim (upstream pkg/api/persistentvolumeclaim). */
export const claimWarnings = ({ metadata, spec }: PersistentVolumeClaim): string[] => [
  ...classWarnings(metadata.annotations),
  ...claimSpecWarnings(spec, 'spec'),
]

export const claimSpecWarnings = ({ resources }: PersistentVolumeClaimSpec, at: string): string[] => [
  ...fractionWarnings(resources?.requests, `${at}.resources.requests`, 'storage'),
  ...fractionWarnings(resources?.limits, `${at}.resources.limits`, 'storage'),
]
