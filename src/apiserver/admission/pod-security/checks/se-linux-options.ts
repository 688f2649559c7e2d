import { type Check, containersOf, named, type PodLike, plural, quoted, sortedSet } from '../check.ts'

const TYPES_1_0 = ['', 'container_t', 'container_init_t', 'container_kvm_t']
const TYPES_1_31 = [...TYPES_1_0, 'container_engine_t']

const find = (allowed: readonly string[]) => (pod: PodLike) => {
  const isBad = (options: { type?: string; user?: string; role?: string } | undefined) =>
    options !== undefined && (!allowed.includes(options.type ?? '') || !!options.user || !!options.role)
  const ofPod = pod.spec.securityContext?.seLinuxOptions
  const containers = containersOf(pod).filter(({ securityContext }) => isBad(securityContext?.seLinuxOptions))
  const who = [
    ...(isBad(ofPod) ? ['pod'] : []),
    ...(containers.length > 0 ? [named(containers.map(({ name }) => name))] : []),
  ]
  if (who.length === 0) return undefined
  const bad = [ofPod, ...containers.map(c => c.securityContext?.seLinuxOptions)].filter(isBad)
  const types = sortedSet(bad.map(options => options?.type ?? '').filter(type => !allowed.includes(type)))
  const what = [
    ...(types.length > 0 ? [`${plural('type', 'types', types.length)} ${quoted(types)}`] : []),
    ...(bad.some(options => options?.user) ? ['user may not be set'] : []),
    ...(bad.some(options => options?.role) ? ['role may not be set'] : []),
  ]
  return {
    reason: 'seLinuxOptions',
    detail: `${who.join(' and ')} set forbidden securityContext.seLinuxOptions: ${what.join('; ')}`,
  }
}

/** SELinux keeps users and roles, and the types that are made for containers. */
export const seLinuxOptions: Check = {
  id: 'seLinuxOptions',
  level: 'baseline',
  versions: [
    { since: 0, find: find(TYPES_1_0) },
    { since: 31, find: find(TYPES_1_31) },
  ],
}
