import type { PodSpec } from '../../../api/core/pod/spec.ts'

/** A pod, or the template of one. */
export interface PodLike {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> }
  readonly spec: PodSpec
}

/** What a pod does that a level forbids: `reason` in short, `detail` with the fields and their places. */
export interface Violation {
  readonly reason: string
  readonly detail: string
}

/** One rule of the Pod Security Standards. */
export interface Check {
  readonly id: string
  readonly level: 'baseline' | 'restricted'
  /** Baseline checks that this one contains. */
  readonly overrides?: readonly string[]
  /** The rule as it is from a minor version on, oldest first. */
  readonly versions: readonly { readonly since: number; find(pod: PodLike): Violation | undefined }[]
}

export type AnyContainer =
  | PodSpec['containers'][number]
  | NonNullable<PodSpec['initContainers']>[number]
  | NonNullable<PodSpec['ephemeralContainers']>[number]

/** All containers of a pod, in upstream's order. */
export const containersOf = ({ spec }: PodLike): readonly AnyContainer[] => [
  ...(spec.initContainers ?? []),
  ...spec.containers,
  ...(spec.ephemeralContainers ?? []),
]

/** Names of the containers for which `isBad` holds. */
export const namesOf = (pod: PodLike, isBad: (container: AnyContainer) => boolean): string[] =>
  containersOf(pod)
    .filter(isBad)
    .map(({ name }) => name)

export const plural = (one: string, many: string, count: number): string => (count === 1 ? one : many)
export const quoted = (names: Iterable<string>): string => [...names].map(name => JSON.stringify(name)).join(', ')
export const sortedSet = (values: Iterable<string>): string[] => [...new Set(values)].sort()

/** `container "a"`, or `containers "a", "b"`. */
export const named = (names: readonly string[]): string =>
  `${plural('container', 'containers', names.length)} ${quoted(names)}`

/** Who sets something: `pod and container "a"`; empty when nobody does. */
export const setters = (pod: boolean, containers: readonly string[]): string =>
  [...(pod ? ['pod'] : []), ...(containers.length > 0 ? [named(containers)] : [])].join(' and ')

/** Since 1.0: pods whose users are not the node's may run as they like (KEP-127). */
export const hasOwnUsers = ({ spec }: PodLike): boolean => spec.hostUsers === false
