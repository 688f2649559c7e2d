import { type Check, namesOf, plural, quoted, setters, sortedSet } from '../check.ts'

const PREFIX = 'container.apparmor.security.beta.kubernetes.io/'
const isAllowed = (profile: string) =>
  profile === '' || profile === 'runtime/default' || profile.startsWith('localhost/')
const isBad = (profile: { type: string } | undefined) =>
  profile !== undefined && profile.type !== 'RuntimeDefault' && profile.type !== 'Localhost'

/** AppArmor may be the runtime's or a profile of the node, never switched off. */
export const appArmorProfile: Check = {
  id: 'appArmorProfile',
  level: 'baseline',
  versions: [
    {
      since: 0,
      find(pod) {
        const podProfile = pod.spec.securityContext?.appArmorProfile
        const containers = namesOf(pod, c => isBad(c.securityContext?.appArmorProfile))
        const types = sortedSet([
          ...(isBad(podProfile) ? [podProfile!.type] : []),
          ...[...(pod.spec.initContainers ?? []), ...pod.spec.containers].flatMap(({ securityContext }) =>
            isBad(securityContext?.appArmorProfile) ? [securityContext!.appArmorProfile!.type] : [],
          ),
        ])
        const who = setters(isBad(podProfile), containers)
        const found = who ? [`${who} must not set AppArmor profile type to ${quoted(types)}`] : []
        const annotations = Object.entries(pod.metadata?.annotations ?? {})
          .filter(([key, value]) => key.startsWith(PREFIX) && !isAllowed(value))
          .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
          .sort()
        if (annotations.length > 0) {
          found.push(`${plural('annotation', 'annotations', annotations.length)} ${annotations.join(', ')}`)
        }
        if (found.length === 0) return undefined
        const count = types.length + annotations.length
        return {
          reason: plural('forbidden AppArmor profile', 'forbidden AppArmor profiles', count),
          detail: found.join(', '),
        }
      },
    },
  ],
}
