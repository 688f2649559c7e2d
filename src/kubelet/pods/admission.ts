import type { Node } from '../../api/core/node.ts'
import type { NodeSelectorRequirement, NodeSelectorTerm } from '../../api/core/pod/affinity.ts'
import { aggregateContainers } from '../../api/core/pod/pod-resources.ts'
import type { Pod } from '../../api/core/pod.ts'
import { addQuantities, quantityMilliValue, quantityValue } from '../../apimachinery/quantity.ts'

/** Why a node does not take a pod that was bound to it. */
export interface Refusal {
  readonly reason: string
  readonly message: string
}

/** Kernel parameters that are namespaced and cannot harm other pods (upstream pkg/kubelet/sysctl). */
const SAFE_SYSCTLS = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
])

/** Whether the node takes the pod beside `others`, the pods that it has (upstream lifecycle predicates). */
export function refusalOf(pod: Pod, node: Node, others: readonly Pod[]): Refusal | undefined {
  return (
    osRefusal(pod) ??
    sysctlRefusal(pod) ??
    resourceRefusal(pod, node, others) ??
    placeRefusal(pod, node) ??
    portRefusal(pod, others)
  )
}

function osRefusal({ spec }: Pod): Refusal | undefined {
  if (!spec.os || spec.os.name === 'linux') return undefined
  return { reason: 'PodOSNotSupported', message: "Failed to admit pod as the OS field doesn't match node OS" }
}

function sysctlRefusal({ spec }: Pod): Refusal | undefined {
  const unsafe = spec.securityContext?.sysctls?.find(({ name }) => !SAFE_SYSCTLS.has(name.replaceAll('/', '.')))
  return (
    unsafe && { reason: 'SysctlForbidden', message: `forbidden sysctl: ${JSON.stringify(unsafe.name)} not allowlisted` }
  )
}

function requestsOf({ spec }: Pod): Record<string, string> {
  const requests = { ...aggregateContainers(spec, 'requests'), ...spec.resources?.requests }
  for (const [name, extra] of Object.entries(spec.overhead ?? {})) {
    requests[name] = requests[name] ? addQuantities(requests[name], extra) : extra
  }
  return requests
}

function resourceRefusal(pod: Pod, { status }: Node, others: readonly Pod[]): Refusal | undefined {
  const allocatable = status.allocatable ?? {}
  const refusal = (name: string, requested: number, used: number, capacity: number) => ({
    reason: `OutOf${name}`,
    message: `Node didn't have enough resource: ${name}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
  })
  const maxPods = quantityValue(allocatable.pods ?? '0')
  if (others.length + 1 > maxPods) return refusal('pods', 1, others.length, maxPods)
  for (const [name, request] of Object.entries(requestsOf(pod))) {
    const amount = name === 'cpu' ? quantityMilliValue : quantityValue
    const requested = amount(request)
    const used = others.reduce((sum, other) => sum + amount(requestsOf(other)[name] ?? '0'), 0)
    const capacity = amount(allocatable[name] ?? '0')
    if (requested > 0 && used + requested > capacity) return refusal(name, requested, used, capacity)
  }
  return undefined
}

const predicate = (name: string, why: string): Refusal => ({
  reason: name,
  message: `Predicate ${name} failed: ${why}`,
})

function placeRefusal({ spec }: Pod, node: Node): Refusal | undefined {
  if (spec.nodeName && spec.nodeName !== node.metadata.name) {
    return predicate('NodeName', "node(s) didn't match the requested node name")
  }
  const labels = node.metadata.labels ?? {}
  const selected = Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value)
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  if (!selected || (terms && !terms.some(term => matches(term, node)))) {
    return predicate('NodeAffinity', "node(s) didn't match Pod's node affinity/selector")
  }
  for (const taint of node.spec.taints ?? []) {
    if (taint.effect !== 'NoExecute') continue
    const tolerated = (spec.tolerations ?? []).some(
      ({ key, operator, value = '', effect }) =>
        (!effect || effect === taint.effect) &&
        (!key || key === taint.key) &&
        (operator === 'Exists' || (key !== undefined && value === (taint.value ?? ''))),
    )
    if (!tolerated)
      return predicate('TaintToleration', `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`)
  }
  return undefined
}

function matches({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, { metadata }: Node): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false
  const labels = metadata.labels ?? {}
  return (
    matchExpressions.every(expression => fits(expression, labels[expression.key])) &&
    matchFields.every(expression => fits(expression, expression.key === 'metadata.name' ? metadata.name : undefined))
  )
}

function fits({ operator, values = [] }: NodeSelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0])
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0])
    default:
      return false
  }
}

function hostPorts({ spec }: Pod): { ip: string; port: number; protocol: string }[] {
  return [...spec.containers, ...(spec.initContainers ?? [])].flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort, hostIP, protocol }) =>
      hostPort ? [{ ip: hostIP || '0.0.0.0', port: hostPort, protocol }] : [],
    ),
  )
}

function portRefusal(pod: Pod, others: readonly Pod[]): Refusal | undefined {
  const taken = others.flatMap(hostPorts)
  const conflict = hostPorts(pod).some(({ ip, port, protocol }) =>
    taken.some(
      other =>
        other.port === port &&
        other.protocol === protocol &&
        (other.ip === ip || other.ip === '0.0.0.0' || ip === '0.0.0.0'),
    ),
  )
  return conflict ? predicate('NodePorts', "node(s) didn't have free ports for the requested pod ports") : undefined
}
