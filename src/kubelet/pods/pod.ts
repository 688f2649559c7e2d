import type { Container } from '../../api/core/pod/container.ts'
import type { Pod } from '../../api/core/pod.ts'

export type ContainerType = 'init' | 'main' | 'ephemeral'

const FIELDS = { init: 'initContainers', main: 'containers', ephemeral: 'ephemeralContainers' } as const

/** A container of a pod's spec, and which list it is from. */
export interface ContainerPlace {
  readonly type: ContainerType
  readonly container: Container & { readonly targetContainerName?: string }
}

/** Every container of a pod. */
export function containersOf({ spec }: Pod): ContainerPlace[] {
  const place = (type: ContainerType) => (container: Container) => ({ type, container })
  return [
    ...(spec.initContainers ?? []).map(place('init')),
    ...spec.containers.map(place('main')),
    ...(spec.ephemeralContainers ?? []).map(place('ephemeral')),
  ]
}

export const findContainer = (pod: Pod, name: string): ContainerPlace | undefined =>
  containersOf(pod).find(({ container }) => container.name === name)

/** The part of a pod that an event is about, as `spec.containers{web}`. */
export function fieldPathOf(pod: Pod, name: string): string | undefined {
  const place = findContainer(pod, name)
  return place && `spec.${FIELDS[place.type]}{${name}}`
}

/** A pod in messages: `web_default(uid)`. */
export const podText = ({ metadata: { name, namespace, uid } }: Pod): string => `${name}_${namespace}(${uid})`

export const uidOf = (pod: Pod): string => pod.metadata.uid ?? ''

export const isTerminal = (pod: Pod): boolean => pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed'

/** Go's way of naming a missing thing aside, the pod's own host name. Pods without one are named after themselves. */
export function hostnameOf(pod: Pod, clusterDomain: string): { hostname: string; domain: string } {
  const { hostnameOverride, hostname, subdomain, setHostnameAsFQDN } = pod.spec
  if (hostnameOverride) return { hostname: hostnameOverride, domain: '' }
  const short = (hostname || pod.metadata.name!).slice(0, 63).replace(/[-.]+$/, '')
  const domain = subdomain ? `${subdomain}.${pod.metadata.namespace}.svc.${clusterDomain}` : ''
  return { hostname: setHostnameAsFQDN && domain ? `${short}.${domain}` : short, domain }
}
