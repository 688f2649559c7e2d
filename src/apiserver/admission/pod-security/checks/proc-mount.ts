import { type Check, containersOf, hasOwnUsers, named, type PodLike, quoted, sortedSet } from '../check.ts'

function find(pod: PodLike) {
  const mountOf = ({ securityContext }: ReturnType<typeof containersOf>[number]) =>
    securityContext?.procMount ?? 'Default'
  const bad = containersOf(pod).filter(container => mountOf(container) !== 'Default')
  if (bad.length === 0) return undefined
  const who = named(bad.map(({ name }) => name))
  return {
    reason: 'procMount',
    detail: `${who} must not set securityContext.procMount to ${quoted(sortedSet(bad.map(mountOf)))}`,
  }
}

/** What container runtimes hide of /proc stays hidden. */
export const procMount: Check = {
  id: 'procMount',
  level: 'baseline',
  versions: [
    { since: 0, find },
    { since: 34, find: pod => (hasOwnUsers(pod) ? undefined : find(pod)) },
  ],
}
