import { type Check, named, namesOf } from '../check.ts'

/** No containers that may do all that the node may. */
export const privileged: Check = {
  id: 'privileged',
  level: 'baseline',
  versions: [
    {
      since: 0,
      find(pod) {
        const bad = namesOf(pod, ({ securityContext }) => securityContext?.privileged === true)
        if (bad.length === 0) return undefined
        return { reason: 'privileged', detail: `${named(bad)} must not set securityContext.privileged=true` }
      },
    },
  ],
}
