import { type Check, containersOf, named, namesOf, type PodLike, quoted, sortedSet } from '../check.ts'

const ALL = 'ALL'
const ALLOWED = 'NET_BIND_SERVICE'

function find(pod: PodLike) {
  const keeps = namesOf(pod, ({ securityContext }) => !securityContext?.capabilities?.drop?.includes(ALL))
  const addedBy = ({ securityContext }: ReturnType<typeof containersOf>[number]) =>
    (securityContext?.capabilities?.add ?? []).filter(capability => capability !== ALLOWED)
  const adds = namesOf(pod, container => addedBy(container).length > 0)
  const added = sortedSet(containersOf(pod).flatMap(addedBy))
  const details = [
    ...(keeps.length > 0 ? [`${named(keeps)} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(adds.length > 0
      ? [`${named(adds)} must not include ${quoted(added)} in securityContext.capabilities.add`]
      : []),
  ]
  return details.length > 0 ? { reason: 'unrestricted capabilities', detail: details.join('; ') } : undefined
}

/** All capabilities are dropped; only the one for low ports may come back. Windows has none. */
export const capabilitiesRestricted: Check = {
  id: 'capabilities_restricted',
  level: 'restricted',
  overrides: ['capabilities_baseline'],
  versions: [
    { since: 22, find },
    { since: 25, find: pod => (pod.spec.os?.name === 'windows' ? undefined : find(pod)) },
  ],
}
