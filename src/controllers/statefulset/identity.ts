import type { StatefulSet } from '../../api/apps/statefulset.ts'
import type { PodTemplateSpec } from '../../api/core/pod/template.ts'
import type { Pod } from '../../api/core/pod.ts'
import { REVISION_LABEL } from '../history/revisions.ts'
import { podFromTemplate } from '../shared/pods.ts'

const NAME_LABEL = 'statefulset.kubernetes.io/pod-name'
const INDEX_LABEL = 'apps.kubernetes.io/pod-index'

/** The ordinal of a pod; undefined when its name is not one that this set gives. */
export function ordinalOf(set: StatefulSet, { metadata: { name = '' } }: Pod): number | undefined {
  const prefix = `${set.metadata.name}-`
  const rest = name.startsWith(prefix) ? name.slice(prefix.length) : ''
  return /^(0|[1-9]\d*)$/.test(rest) && Number(rest) <= 2147483647 ? Number(rest) : undefined
}

export const firstOrdinal = ({ spec }: StatefulSet): number => spec.ordinals?.start ?? 0

/** The labels by which a pod is told from its siblings. */
export const identityLabels = (set: StatefulSet, ordinal: number): Record<string, string> => ({
  [NAME_LABEL]: `${set.metadata.name}-${ordinal}`,
  [INDEX_LABEL]: String(ordinal),
})

export const revisionNameOf = ({ metadata }: Pod): string | undefined => metadata.labels?.[REVISION_LABEL]

/** The claims of a pod, by the name of their volume. */
export const claimNames = ({ metadata, spec }: StatefulSet, ordinal: number): ReadonlyMap<string, string> =>
  new Map(
    spec.volumeClaimTemplates?.map(claim => [
      claim.metadata.name!,
      `${claim.metadata.name}-${metadata.name}-${ordinal}`,
    ]),
  )

/** The pod of an ordinal, made from a revision's template. */
export function statefulPod(set: StatefulSet, template: PodTemplateSpec, revisionName: string, ordinal: number) {
  const { metadata, spec } = podFromTemplate(set, template)
  const name = `${set.metadata.name}-${ordinal}`
  const claims = claimNames(set, ordinal)
  const volumes = [...claims].map(([volume, claimName]) => ({ name: volume, persistentVolumeClaim: { claimName } }))
  const others = spec.volumes?.filter(volume => !claims.has(volume.name)) ?? []
  return {
    metadata: {
      ...metadata,
      generateName: undefined,
      name,
      labels: { ...metadata.labels, ...identityLabels(set, ordinal), [REVISION_LABEL]: revisionName },
    },
    spec: {
      ...spec,
      hostname: name,
      subdomain: set.spec.serviceName || undefined,
      ...(volumes.length + others.length > 0 && { volumes: [...volumes, ...others] }),
    },
  }
}
