import { type Check, hasOwnUsers, namesOf, type PodLike, setters } from '../check.ts'

function find(pod: PodLike) {
  const who = setters(
    pod.spec.securityContext?.runAsUser === 0,
    namesOf(pod, ({ securityContext }) => securityContext?.runAsUser === 0),
  )
  return who ? { reason: 'runAsUser=0', detail: `${who} must not set runAsUser=0` } : undefined
}

/** No container asks to be root by number. */
export const runAsUser: Check = {
  id: 'runAsUser',
  level: 'restricted',
  versions: [
    { since: 23, find },
    { since: 34, find: pod => (hasOwnUsers(pod) ? undefined : find(pod)) },
  ],
}
