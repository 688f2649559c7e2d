import { fractionWarnings } from '../fraction-warnings.ts'
import type { Container } from './container.ts'
import type { PodSpec } from './spec.ts'

const SECCOMP = 'container.seccomp.security.alpha.kubernetes.io/'
const APPARMOR = 'container.apparmor.security.beta.kubernetes.io/'

export interface Placed {
  readonly container: Pick<Container, 'name' | 'env' | 'ports' | 'resources' | 'securityContext'>
  readonly path: string
}

/** All containers of a pod with the paths they stand at. `at` is the path of the spec. */
export const placedContainers = (spec: PodSpec, at: string): Placed[] =>
  (['initContainers', 'containers', 'ephemeralContainers'] as const).flatMap(list =>
    (spec[list] ?? []).map((container, i) => ({ container, path: `${at}.${list}[${i}]` })),
  )

/** What is to be said of one container; `meta` is the path of its pod's annotations. */
export function containerWarnings(
  { container, path }: Placed,
  spec: PodSpec,
  annotations: Readonly<Record<string, string>>,
  meta: string,
): string[] {
  const { name, resources, securityContext } = container
  const warnings: string[] = []
  if (!securityContext?.seccompProfile && annotations[SECCOMP + name] !== undefined)
    warnings.push(`${meta}[${SECCOMP}${name}]: non-functional in v1.27+; use the "seccompProfile" field instead`)
  const confined = securityContext?.appArmorProfile ?? spec.securityContext?.appArmorProfile
  if (!confined && annotations[APPARMOR + name] !== undefined)
    warnings.push(`${meta}[${APPARMOR}${name}]: deprecated since v1.30; use the "appArmorProfile" field instead`)
  for (const kind of ['limits', 'requests'] as const) {
    warnings.push(...fractionWarnings(resources?.[kind], `${path}.resources.${kind}`, 'memory', 'ephemeral-storage'))
  }
  return [...warnings, ...envWarnings(container, path)]
}

function envWarnings({ env = [] }: Placed['container'], path: string): string[] {
  const names = new Set<string>()
  return env.flatMap(({ name, value = '', valueFrom }, i) => {
    if (!names.has(name)) {
      names.add(name)
      return []
    }
    const itself = `$(${name})`
    if (!valueFrom && value !== itself && value.includes(itself)) return []
    const quoted = JSON.stringify(name)
    return [`${path}.env[${i}]: hides previous definition of ${quoted}, which may be dropped when using apply`]
  })
}

/** What is to be said of ports that several containers, or one several times, claim to listen on. */
export function portWarnings(containers: readonly Placed[]): string[] {
  const seen = new Map<string, { field: string; hostIP: string; hostPort: number }[]>()
  const warnings: string[] = []
  for (const { container, path } of containers) {
    container.ports?.forEach(({ name = '', containerPort, protocol, hostIP = '', hostPort = 0 }, i) => {
      const field = `${path}.ports[${i}]`
      if (hostIP && !hostPort) {
        const port = `{Name:${name} HostPort:0 ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`
        warnings.push(`${field}: hostIP set without hostPort: ${port}`)
      }
      const key = `${containerPort}/${protocol}`
      const others = seen.get(key) ?? []
      seen.set(key, others)
      for (const other of others) {
        const word = clash({ hostIP, hostPort }, other)
        if (word) warnings.push(`${field}: ${word} port definition with ${other.field}`)
      }
      others.push({ field, hostIP, hostPort })
    })
  }
  return warnings
}

interface HostPort {
  readonly hostIP: string
  readonly hostPort: number
}

function clash(a: HostPort, b: HostPort): string | undefined {
  if (a.hostIP === b.hostIP && a.hostPort === b.hostPort) return 'duplicate'
  if (!a.hostPort || !b.hostPort) return 'overlapping'
  return a.hostPort === b.hostPort && (a.hostIP === '') !== (b.hostIP === '') ? 'dangerously ambiguous' : undefined
}
