import { type Check, hasOwnUsers, named, namesOf, type PodLike, setters } from '../check.ts'

const REASON = 'runAsNonRoot != true'

function find(pod: PodLike) {
  const ofPod = pod.spec.securityContext?.runAsNonRoot
  const who = setters(
    ofPod === false,
    namesOf(pod, ({ securityContext }) => securityContext?.runAsNonRoot === false),
  )
  if (who) return { reason: REASON, detail: `${who} must not set securityContext.runAsNonRoot=false` }
  const unset = ofPod ? [] : namesOf(pod, ({ securityContext }) => securityContext?.runAsNonRoot === undefined)
  if (unset.length === 0) return undefined
  return { reason: REASON, detail: `pod or ${named(unset)} must set securityContext.runAsNonRoot=true` }
}

/** No container runs as root. */
export const runAsNonRoot: Check = {
  id: 'runAsNonRoot',
  level: 'restricted',
  versions: [
    { since: 0, find },
    { since: 34, find: pod => (hasOwnUsers(pod) ? undefined : find(pod)) },
  ],
}
