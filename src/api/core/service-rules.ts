import type { At } from '../../apimachinery/validation/at.ts'
import { ipFamily, isCIDR, isIP } from '../../apimachinery/validation/ip.ts'
import { validateLabels } from '../../apimachinery/validation/labels.ts'
import {
  isDNS1123Label,
  isDNS1123Subdomain,
  isPortNumber,
  isQualifiedName,
} from '../../apimachinery/validation/names.ts'
import { validateEndpointIP } from './endpoint-ip.ts'
import { validatePort } from './pod/probe-rules.ts'
import type { Service, ServicePort, ServiceSpec } from './service.ts'
import { isExternallyAccessible, isHeadless, needsHealthCheck } from './service-kind.ts'

/** The rules of Services, after upstream's validateService. */

export function validateServicePort(port: ServicePort, at: At): void {
  if (port.name) at.child('name').invalidEach(port.name, isDNS1123Label(port.name))
  at.child('port').invalidEach(port.port, isPortNumber(port.port))
  validatePort(port.targetPort ?? port.port, at.child('targetPort'))
}

function validatePorts(spec: ServiceSpec, at: At): void {
  const ports = spec.ports ?? []
  if (ports.length === 0 && !isHeadless(spec) && spec.type !== 'ExternalName') at.required()
  const seen = { name: new Set<string>(), node: new Set<string>(), port: new Set<string>() }
  ports.forEach(({ name, port, protocol, nodePort }, i) => {
    const place = at.index(i)
    if (name) {
      if (seen.name.has(name)) place.child('name').duplicate(name)
      seen.name.add(name)
    } else if (ports.length > 1) {
      place.child('name').required()
    }
    if (nodePort) {
      if (spec.type === 'ClusterIP') {
        place.child('nodePort').forbidden("may not be used when `type` is 'ClusterIP'")
      }
      const key = `${protocol}/${nodePort}`
      if (seen.node.has(key)) place.child('nodePort').duplicate(nodePort)
      seen.node.add(key)
    }
    const key = `${protocol}/${port}`
    if (seen.port.has(key)) place.duplicate({ name: '', protocol, port, targetPort: 0, nodePort: 0 })
    seen.port.add(key)
  })
}

function validateType(spec: ServiceSpec, at: At): void {
  if ((spec.type === 'LoadBalancer' || spec.type === 'NodePort') && isHeadless(spec)) {
    at.child('clusterIPs').index(0).invalid('None', `may not be set to 'None' for ${spec.type} services`)
  }
  if (spec.type !== 'ExternalName') return
  const detail = 'may not be set for ExternalName services'
  if (spec.clusterIPs) at.child('clusterIPs').forbidden(detail)
  if (spec.ipFamilies) at.child('ipFamilies').forbidden(detail)
  if (spec.ipFamilyPolicy !== undefined) at.child('ipFamilyPolicy').forbidden(detail)
  const name = (spec.externalName ?? '').replace(/\.$/, '')
  if (name === '') at.child('externalName').required()
  else at.child('externalName').invalidEach(name, isDNS1123Subdomain(name))
}

const MAX_AFFINITY_SECONDS = 86_400

function validateAffinity({ sessionAffinity, sessionAffinityConfig: config }: ServiceSpec, at: At): void {
  if (sessionAffinity === 'None' && config) at.forbidden('must not be set when session affinity is None')
  if (sessionAffinity !== 'ClientIP') return
  const detail = 'when session affinity type is ClientIP'
  const seconds = config?.clientIP?.timeoutSeconds
  if (!config) at.required(detail)
  else if (!config.clientIP) at.child('clientIP').required(detail)
  else if (seconds === undefined) at.child('clientIP', 'timeoutSeconds').required(detail)
  else if (seconds <= 0 || seconds > MAX_AFFINITY_SECONDS) {
    at.child('clientIP', 'timeoutSeconds').invalid(
      seconds,
      `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`,
    )
  }
}

const FAMILIES = ['IPv4', 'IPv6']

function validateFamilies({ ipFamilies = [] }: ServiceSpec, at: At): void {
  ipFamilies.forEach((family, i) => {
    if (!FAMILIES.includes(family)) at.index(i).notSupported(family, FAMILIES)
    if (ipFamilies.indexOf(family) < i) at.index(i).duplicate(family)
  })
}

/** clusterIP, clusterIPs and ipFamilies have to tell the same story. */
function validateClusterIPs(spec: ServiceSpec, at: At): void {
  if (spec.type === 'ExternalName') return
  const { clusterIP, clusterIPs = [], ipFamilies = [] } = spec
  const place = at.child('clusterIPs')
  if (clusterIP) {
    if (clusterIPs.length === 0) place.required()
    else if (clusterIPs[0] !== clusterIP) place.invalid(clusterIPs, 'first value must match `clusterIP`')
  } else if (clusterIPs.length > 0) {
    place.invalid(clusterIPs, 'must be empty when `clusterIP` is not specified')
  }
  validateFamilies(spec, at.child('ipFamilies'))

  let bad = false
  clusterIPs.forEach((ip, i) => {
    if (i === 0 && ip === 'None') {
      if (clusterIPs.length > 1) {
        bad = true
        place.invalid(clusterIPs, "'None' must be the first and only value")
      }
      return
    }
    const messages = isIP(ip)
    bad ||= messages.length > 0
    place.index(i).invalidEach(ip, messages)
  })
  if (clusterIPs.length > 2) place.invalid(clusterIPs, 'may only hold up to 2 values')
  if (bad) return
  if (new Set(clusterIPs.map(ipFamily)).size < clusterIPs.length) {
    place.invalid(clusterIPs, 'may specify no more than one IP for each IP family')
  }
  if (isHeadless(spec)) return
  clusterIPs.forEach((ip, i) => {
    const family = ipFamilies[i]
    if (family === undefined || family === `IPv${ipFamily(ip)}`) return
    place.index(i).invalid(ip, `expected an ${family} value as indicated by \`ipFamilies[${i}]\``)
  })
}

const SOURCE_RANGES = 'service.beta.kubernetes.io/load-balancer-source-ranges'
const NOT_LOAD_BALANCER = "may only be used when `type` is 'LoadBalancer'"

function validateSourceRanges({ metadata, spec }: Service, at: At): void {
  const annotation = metadata.annotations?.[SOURCE_RANGES]
  if (spec.loadBalancerSourceRanges) {
    const place = at.child('spec', 'LoadBalancerSourceRanges')
    if (spec.type !== 'LoadBalancer') place.forbidden(NOT_LOAD_BALANCER)
    spec.loadBalancerSourceRanges.forEach((range, i) => {
      place.index(i).invalidEach(range.trim(), isCIDR(range.trim()))
    })
  } else if (annotation !== undefined) {
    const place = at.child('metadata', 'annotations').key(SOURCE_RANGES)
    if (spec.type !== 'LoadBalancer') place.forbidden(NOT_LOAD_BALANCER)
    if (annotation.trim() === '') return
    for (const range of annotation.split(',')) place.invalidEach(range.trim(), isCIDR(range.trim()))
  }
}

function validateLoadBalancerFields(spec: ServiceSpec, at: At): void {
  if (spec.type === 'LoadBalancer') {
    const { loadBalancerClass: name } = spec
    if (name !== undefined) at.child('loadBalancerClass').invalidEach(name, isQualifiedName(name))
    return
  }
  for (const field of ['allocateLoadBalancerNodePorts', 'loadBalancerClass'] as const) {
    if (spec[field] !== undefined) at.child(field).forbidden(NOT_LOAD_BALANCER)
  }
}

const POLICIES = ['Cluster', 'Local']

function validateTraffic(spec: ServiceSpec, at: At): void {
  const policy = spec.externalTrafficPolicy
  const place = at.child('externalTrafficPolicy')
  if (!isExternallyAccessible(spec)) {
    if (policy) place.invalid(policy, 'may only be set for externally-accessible services')
  } else if (!policy) {
    place.required()
  } else if (!POLICIES.includes(policy)) {
    place.notSupported(policy, POLICIES)
  }
  const port = spec.healthCheckNodePort
  if (!port || needsHealthCheck(spec)) return
  at.child('healthCheckNodePort').invalid(
    port,
    "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
  )
}

export function validateService(service: Service, at: At): void {
  const { spec } = service
  const place = at.child('spec')
  validatePorts(spec, place.child('ports'))
  validateType(spec, place)
  if (spec.selector) validateLabels(spec.selector, place.child('selector'))
  validateAffinity(spec, place.child('sessionAffinityConfig'))
  validateClusterIPs(spec, place)
  spec.externalIPs?.forEach((ip, i) => {
    const ipAt = place.child('externalIPs').index(i)
    const messages = isIP(ip)
    if (messages.length > 0) ipAt.invalidEach(ip, messages)
    else validateEndpointIP(ip, ipAt)
  })
  validateSourceRanges(service, at)
  validateLoadBalancerFields(spec, place)
  validateTraffic(spec, place)
}
