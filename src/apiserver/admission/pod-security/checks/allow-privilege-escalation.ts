import { type Check, named, namesOf, type PodLike } from '../check.ts'

function find(pod: PodLike) {
  const bad = namesOf(pod, ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false)
  if (bad.length === 0) return undefined
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${named(bad)} must set securityContext.allowPrivilegeEscalation=false`,
  }
}

/** No process may get more privileges than its parent has. Windows has no such thing. */
export const allowPrivilegeEscalation: Check = {
  id: 'allowPrivilegeEscalation',
  level: 'restricted',
  versions: [
    { since: 8, find },
    { since: 25, find: pod => (pod.spec.os?.name === 'windows' ? undefined : find(pod)) },
  ],
}
