import type { KubeObject } from '../../../apimachinery/schema/kind.ts'
import { isDNS1123Label } from '../../../apimachinery/validation/names.ts'
import { fractionWarnings } from '../fraction-warnings.ts'
import { nodeLabelWarning, nodeSelectorTermWarnings } from '../node-label-warnings.ts'
import type { Pod } from '../pod.ts'
import { claimSpecWarnings } from '../storage-warnings.ts'
import { volumeSourceWarnings } from '../volume-warnings.ts'
import { containerWarnings, placedContainers, portWarnings } from './container-warnings.ts'
import type { PodSpec } from './spec.ts'

const ANNOTATIONS: Readonly<Record<string, string>> = {
  'scheduler.alpha.kubernetes.io/critical-pod': 'non-functional in v1.16+; use the "priorityClassName" field instead',
  'security.alpha.kubernetes.io/sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
  'security.alpha.kubernetes.io/unsafe-sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
}
const SECCOMP = 'seccomp.security.alpha.kubernetes.io/pod'
const NULL_SELECTOR = 'a null labelSelector results in matching no pod'

interface Template {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> | undefined }
  readonly spec: PodSpec
}
type Named = Pick<KubeObject, 'metadata'>

/** What is to be said of a pod that is accepted although it is hardly meant so (upstream pkg/api/pod/warnings.go). */
export const podWarnings = (pod: Pod, old?: Pod): string[] => [
  ...(old ? [] : nameWarnings(pod, "the Pod's hostname")),
  ...templateWarnings(pod, ''),
]

/**
 * The same for what makes pods of a template, which stands at the path `at`; again only where its spec changes.
 * `named`: that its name becomes part of those of its pods.
 */
export function workloadWarnings(
  object: Named,
  old: Named | undefined,
  template: Template | undefined,
  at: string,
  named = true,
): string[] {
  if (old && old.metadata.generation === object.metadata.generation) return []
  return [
    ...(named && !old ? nameWarnings(object, 'Pod names and hostnames') : []),
    ...(template ? templateWarnings(template, `${at}.`) : []),
  ]
}

function nameWarnings({ metadata: { name = '' } }: Named, use: string): string[] {
  const problems = isDNS1123Label(name)
  if (problems.length === 0) return []
  const text = `this is used in ${use}, which can result in surprising behavior; a DNS label is recommended`
  return [`metadata.name: ${text}: [${problems.join(' ')}]`]
}

/** `root` is what comes before `spec` and `metadata` in paths, with its dot. */
function templateWarnings({ metadata, spec }: Template, root: string): string[] {
  const at = `${root}spec`
  const meta = `${root}metadata.annotations`
  const annotations = metadata?.annotations ?? {}
  const containers = placedContainers(spec, at)
  const deprecated = Object.keys(ANNOTATIONS).filter(key => annotations[key] !== undefined)
  const unconfined = !spec.securityContext?.seccompProfile && annotations[SECCOMP] !== undefined
  const grace = spec.terminationGracePeriodSeconds ?? 0
  return [
    ...placementWarnings(spec, at),
    ...deprecated.map(key => `${meta}[${key}]: ${ANNOTATIONS[key]}`),
    ...(spec.volumes ?? []).flatMap((volume, i) => [
      ...volumeSourceWarnings(volume, `${at}.volumes[${i}]`),
      ...(volume.ephemeral?.volumeClaimTemplate
        ? claimSpecWarnings(
            volume.ephemeral.volumeClaimTemplate.spec,
            `${at}.volumes[${i}].ephemeral.volumeClaimTemplate.spec`,
          )
        : []),
    ]),
    ...repeated(spec.hostAliases?.map(({ ip }) => ip) ?? []).map(
      ([i, ip]) => `${at}.hostAliases[${i}].ip: duplicate ip ${JSON.stringify(ip)}`,
    ),
    ...secretWarnings(spec, at),
    ...fractionWarnings(spec.overhead, `${at}.overhead`, 'memory', 'ephemeral-storage'),
    ...(unconfined ? [`${meta}[${SECCOMP}]: non-functional in v1.27+; use the "seccompProfile" field instead`] : []),
    ...containers.flatMap(one => containerWarnings(one, spec, annotations, meta)),
    ...portWarnings(containers),
    ...(grace < 0
      ? [`${at}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`]
      : []),
    ...affinityWarnings(spec, at),
  ]
}

function placementWarnings({ nodeSelector, affinity, topologySpreadConstraints = [] }: PodSpec, at: string): string[] {
  const node = affinity?.nodeAffinity
  const path = `${at}.affinity.nodeAffinity`
  const required = node?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  const preferred = node?.preferredDuringSchedulingIgnoredDuringExecution ?? []
  return [
    ...Object.keys(nodeSelector ?? {}).flatMap(key => {
      const label = nodeLabelWarning(key)
      return label ? [`${at}.nodeSelector[${key}]: ${label}`] : []
    }),
    ...required.flatMap((term, i) =>
      nodeSelectorTermWarnings(term, `${path}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${i}]`),
    ),
    ...preferred.flatMap(({ preference }, i) =>
      nodeSelectorTermWarnings(
        preference,
        `${path}.preferredDuringSchedulingIgnoredDuringExecution[${i}].preference`,
        true,
      ),
    ),
    ...topologySpreadConstraints.flatMap(({ topologyKey, labelSelector }, i) => {
      const label = nodeLabelWarning(topologyKey)
      const constraint = `${at}.topologySpreadConstraints[${i}]`
      return [
        ...(label ? [`${constraint}.topologyKey: ${topologyKey} is ${label}`] : []),
        ...(labelSelector ? [] : [`${constraint}.labelSelector: ${NULL_SELECTOR}`]),
      ]
    }),
  ]
}

function secretWarnings({ imagePullSecrets = [] }: PodSpec, at: string): string[] {
  const names = imagePullSecrets.map(({ name = '' }) => name)
  const path = (i: number) => `${at}.imagePullSecrets[${i}].name`
  return [
    ...repeated(names).map(([i, name]) => `${path(i)}: duplicate name ${JSON.stringify(name)}`),
    ...names.flatMap((name, i) => (name ? [] : [`${path(i)}: invalid empty name ""`])),
  ]
}

function affinityWarnings({ affinity }: PodSpec, at: string): string[] {
  return (['podAffinity', 'podAntiAffinity'] as const).flatMap(kind => {
    const terms = affinity?.[kind]
    const path = `${at}.affinity.${kind}`
    const required = (terms?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map(
      ({ labelSelector }, i) => [labelSelector, `requiredDuringSchedulingIgnoredDuringExecution[${i}]`] as const,
    )
    const preferred = (terms?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
      ({ podAffinityTerm }, i) =>
        [
          podAffinityTerm.labelSelector,
          `preferredDuringSchedulingIgnoredDuringExecution[${i}].podAffinityTerm`,
        ] as const,
    )
    return [...required, ...preferred].flatMap(([selector, place]) =>
      selector ? [] : [`${path}.${place}.labelSelector: ${NULL_SELECTOR}`],
    )
  })
}

/** What stood earlier in a list already, with where it stands again. */
const repeated = (values: readonly string[]): [index: number, value: string][] =>
  values.flatMap((value, i) => (values.indexOf(value) < i ? [[i, value] as [number, string]] : []))
