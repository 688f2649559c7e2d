import type { Node } from './node.ts'

const ROLE_LABEL = 'node-role.kubernetes.io/'
const OLD_ROLE_LABEL = 'kubernetes.io/role'

/** Ready, NotReady or Unknown, and whether it is cordoned. */
export function statusOf({ spec, status }: Node): string {
  const ready = status.conditions?.find(({ type }) => type === 'Ready')
  const word = !ready ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'
  return spec.unschedulable ? `${word},SchedulingDisabled` : word
}

/** The roles that its labels give it. */
export function rolesOf({ metadata }: Node): string {
  const roles = new Set<string>()
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    if (key.startsWith(ROLE_LABEL) && key !== ROLE_LABEL) roles.add(key.slice(ROLE_LABEL.length))
    else if (key === OLD_ROLE_LABEL && value) roles.add(value)
  }
  return [...roles].sort().join(',') || '<none>'
}

/** Its first address of a type. */
export const addressOf = ({ status }: Node, type: 'InternalIP' | 'ExternalIP'): string =>
  status.addresses?.find(address => address.type === type)?.address ?? '<none>'
