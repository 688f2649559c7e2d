import { type AnyContainer, type Check, containersOf, named, plural, quoted, sortedSet } from '../check.ts'

function hostsOf({ livenessProbe, readinessProbe, startupProbe, lifecycle }: AnyContainer): string[] {
  const handlers = [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop]
  return handlers.flatMap(handler =>
    [handler?.httpGet?.host, handler?.tcpSocket?.host].filter((host): host is string => !!host),
  )
}

/** Probes and hooks reach their own pod only, not whatever host they name. */
export const hostProbesAndHostLifecycle: Check = {
  id: 'hostProbesAndHostLifecycle',
  level: 'baseline',
  versions: [
    {
      since: 34,
      find(pod) {
        const bad = containersOf(pod).filter(container => hostsOf(container).length > 0)
        if (bad.length === 0) return undefined
        const hosts = sortedSet(bad.flatMap(hostsOf))
        const what = plural('probe or lifecycle host', 'probe or lifecycle hosts', hosts.length)
        const who = named(sortedSet(bad.map(({ name }) => name)))
        return {
          reason: 'probe or lifecycle host',
          detail: `${who} ${plural('uses', 'use', bad.length)} ${what} ${quoted(hosts)}`,
        }
      },
    },
  ],
}
