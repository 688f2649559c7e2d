import { type Check, namesOf, setters } from '../check.ts'

/** No processes of the node on Windows. */
export const windowsHostProcess: Check = {
  id: 'windowsHostProcess',
  level: 'baseline',
  versions: [
    {
      since: 0,
      find(pod) {
        const who = setters(
          pod.spec.securityContext?.windowsOptions?.hostProcess === true,
          namesOf(pod, ({ securityContext }) => securityContext?.windowsOptions?.hostProcess === true),
        )
        return who
          ? { reason: 'hostProcess', detail: `${who} must not set securityContext.windowsOptions.hostProcess=true` }
          : undefined
      },
    },
  ],
}
