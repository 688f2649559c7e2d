import { type Check, containersOf, named, quoted, sortedSet } from '../check.ts'

const ALLOWED = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
])

/** No capabilities beyond those that container runtimes give by default. */
export const capabilitiesBaseline: Check = {
  id: 'capabilities_baseline',
  level: 'baseline',
  versions: [
    {
      since: 0,
      find(pod) {
        const found = containersOf(pod).map(({ name, securityContext }) => ({
          name,
          added: (securityContext?.capabilities?.add ?? []).filter(capability => !ALLOWED.has(capability)),
        }))
        const bad = found.filter(({ added }) => added.length > 0)
        if (bad.length === 0) return undefined
        const added = sortedSet(bad.flatMap(container => container.added))
        return {
          reason: 'non-default capabilities',
          detail: `${named(bad.map(({ name }) => name))} must not include ${quoted(added)} in securityContext.capabilities.add`,
        }
      },
    },
  ],
}
