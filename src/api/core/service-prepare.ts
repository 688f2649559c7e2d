import type { Service, ServiceSpec } from './service.ts'
import { isExternallyAccessible, needsHealthCheck } from './service-kind.ts'

/**
 * Settles what one field of a Service says of another before it is checked, after upstream's registry/core/service: clusterIP
 * and clusterIPs are one thing, and what a change of type makes pointless is dropped.
 */
export function prepareService(service: Service, old?: Service): void {
  const { spec } = service
  alignClusterIPs(spec, old?.spec)
  if (!old) return
  if (spec.type !== old.spec.type) dropForType(spec, old.spec)
  keepAllocations(spec, old.spec)
  dropLoadBalancer(service)
}

function alignClusterIPs(spec: ServiceSpec, old: ServiceSpec | undefined): void {
  if (spec.type === 'ExternalName' && old?.type !== 'ExternalName' && old) return
  const changedOne = old && (spec.clusterIP ?? '') !== (old.clusterIP ?? '')
  const sameList = old && (spec.clusterIPs ?? []).join() === (old.clusterIPs ?? []).join()
  if (!old) {
    if (spec.clusterIP && !spec.clusterIPs) spec.clusterIPs = [spec.clusterIP]
  } else if (changedOne && sameList) {
    if (!spec.clusterIP) delete spec.clusterIPs
    else if (spec.clusterIPs) spec.clusterIPs = [spec.clusterIP]
    else spec.clusterIPs = [spec.clusterIP]
  } else if (spec.clusterIP && !spec.clusterIPs) {
    spec.clusterIPs = [spec.clusterIP]
  }
}

const usesNodePorts = ({ type }: ServiceSpec) => type === 'NodePort' || type === 'LoadBalancer'
const same = (a: readonly unknown[] = [], b: readonly unknown[] = []) => a.join() === b.join()

/** Fields that the old type had and the new one does not, unless the writer changed them as well. */
function dropForType(spec: ServiceSpec, old: ServiceSpec): void {
  if (spec.type === 'ExternalName') {
    if (spec.clusterIP === old.clusterIP) delete spec.clusterIP
    if (same(spec.clusterIPs, old.clusterIPs)) delete spec.clusterIPs
    if (same(spec.ipFamilies, old.ipFamilies)) delete spec.ipFamilies
    if (spec.ipFamilyPolicy === old.ipFamilyPolicy) delete spec.ipFamilyPolicy
  }
  if (usesNodePorts(old) && !usesNodePorts(spec)) {
    const before = (old.ports ?? []).map(({ nodePort }) => nodePort ?? 0)
    if (
      same(
        (spec.ports ?? []).map(({ nodePort }) => nodePort ?? 0),
        before,
      )
    ) {
      for (const port of spec.ports ?? []) delete port.nodePort
    }
  }
  if (needsHealthCheck(old) && !needsHealthCheck(spec) && spec.healthCheckNodePort === old.healthCheckNodePort) {
    delete spec.healthCheckNodePort
  }
  if (old.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    if (spec.allocateLoadBalancerNodePorts === old.allocateLoadBalancerNodePorts) {
      delete spec.allocateLoadBalancerNodePorts
    }
    if (spec.loadBalancerClass === old.loadBalancerClass) delete spec.loadBalancerClass
  }
  if (
    isExternallyAccessible(old) &&
    !isExternallyAccessible(spec) &&
    spec.externalTrafficPolicy === old.externalTrafficPolicy
  ) {
    delete spec.externalTrafficPolicy
  }
}

/** A writer that leaves out what the server chose means to keep it. */
function keepAllocations(spec: ServiceSpec, old: ServiceSpec): void {
  if (spec.type !== 'ExternalName' && old.type !== 'ExternalName') {
    if (!spec.clusterIP && !spec.clusterIPs) {
      if (old.clusterIP !== undefined) spec.clusterIP = old.clusterIP
      if (old.clusterIPs) spec.clusterIPs = [...old.clusterIPs]
    }
    if (old.ipFamilies && !spec.ipFamilies) spec.ipFamilies = [...old.ipFamilies]
    spec.ipFamilyPolicy ??= old.ipFamilyPolicy
  }
  if (usesNodePorts(spec) && usesNodePorts(old)) {
    const chosen = new Map((old.ports ?? []).map(port => [`${port.protocol}/${port.port}`, port.nodePort]))
    const taken = new Set((spec.ports ?? []).map(({ protocol, nodePort }) => `${protocol}/${nodePort}`))
    for (const port of spec.ports ?? []) {
      const nodePort = chosen.get(`${port.protocol}/${port.port}`)
      if (!port.nodePort && nodePort && !taken.has(`${port.protocol}/${nodePort}`)) port.nodePort = nodePort
    }
  }
  if (needsHealthCheck(spec) && needsHealthCheck(old)) spec.healthCheckNodePort ??= old.healthCheckNodePort
}

/** Without a load balancer there is nothing to be known of it. */
function dropLoadBalancer({ spec, status }: Service): void {
  if (spec.type !== 'LoadBalancer') status.loadBalancer = {}
}
