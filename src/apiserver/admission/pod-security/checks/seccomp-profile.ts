import { type Check, containersOf, named, namesOf, type PodLike, plural, quoted, setters, sortedSet } from '../check.ts'

const REASON = 'seccompProfile'
const POD = 'seccomp.security.alpha.kubernetes.io/pod'
const CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/'

const isAllowed = (value: string) =>
  value === 'runtime/default' || value === 'docker/default' || value.startsWith('localhost/')
const isBad = (profile: { type: string } | undefined) =>
  profile !== undefined && profile.type !== 'RuntimeDefault' && profile.type !== 'Localhost'

/** Before version 1.19 profiles stood in annotations. */
function inAnnotations(pod: PodLike) {
  const keys = [POD, ...containersOf(pod).map(({ name }) => CONTAINER + name)]
  const bad = keys.flatMap(key => {
    const value = pod.metadata?.annotations?.[key]
    return value === undefined || isAllowed(value) ? [] : [`${key}=${JSON.stringify(value)}`]
  })
  if (bad.length === 0) return undefined
  return {
    reason: REASON,
    detail: `forbidden ${plural('annotation', 'annotations', bad.length)} ${sortedSet(bad).join(', ')}`,
  }
}

function setWrongly(pod: PodLike) {
  const ofPod = pod.spec.securityContext?.seccompProfile
  const profileOf = (container: ReturnType<typeof containersOf>[number]) => container.securityContext?.seccompProfile
  const who = setters(
    isBad(ofPod),
    namesOf(pod, container => isBad(profileOf(container))),
  )
  if (!who) return undefined
  const bad = [ofPod, ...containersOf(pod).map(profileOf)].filter(isBad).map(profile => profile!.type)
  return {
    reason: REASON,
    detail: `${who} must not set securityContext.seccompProfile.type to ${quoted(sortedSet(bad))}`,
  }
}

function notSet(pod: PodLike) {
  if (pod.spec.securityContext?.seccompProfile) return undefined
  const unset = namesOf(pod, ({ securityContext }) => !securityContext?.seccompProfile)
  if (unset.length === 0) return undefined
  const detail = `pod or ${named(unset)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`
  return { reason: REASON, detail }
}

const restricted = (pod: PodLike) => setWrongly(pod) ?? notSet(pod)

/** Seccomp is not switched off. */
export const seccompProfileBaseline: Check = {
  id: 'seccompProfile_baseline',
  level: 'baseline',
  versions: [
    { since: 0, find: inAnnotations },
    { since: 19, find: setWrongly },
  ],
}

/** Seccomp is switched on. Windows has none. */
export const seccompProfileRestricted: Check = {
  id: 'seccompProfile_restricted',
  level: 'restricted',
  overrides: ['seccompProfile_baseline'],
  versions: [
    { since: 19, find: restricted },
    { since: 25, find: pod => (pod.spec.os?.name === 'windows' ? undefined : restricted(pod)) },
  ],
}
