import type { At } from '../../apimachinery/validation/at.ts'
import { ipFamily, isIP } from '../../apimachinery/validation/ip.ts'
import {
  isDNS1035Label,
  isDNS1123Subdomain,
  isPortName,
  isPortNumber,
  isWildcardDNS1123Subdomain,
} from '../../apimachinery/validation/names.ts'
import type { HTTPIngressPath, Ingress, IngressBackend, IngressRule, IngressSpec, IngressTLS } from './ingress.ts'

/** The rules of Ingresses, after upstream's pkg/apis/networking/validation. */

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix']
const BAD_SEQUENCES = ['//', '/./', '/../', '%2f', '%2F']
const BAD_ENDINGS = ['/..', '/.']

export function validatePath({ path = '', pathType }: HTTPIngressPath, at: At): void {
  const place = at.child('path')
  if (!pathType) {
    at.child('pathType').required('pathType must be specified')
    return
  }
  if (!PATH_TYPES.includes(pathType)) {
    at.child('pathType').notSupported(pathType, PATH_TYPES)
    return
  }
  const relative = !path.startsWith('/')
  if (pathType === 'ImplementationSpecific') {
    if (path && relative) place.invalid(path, 'must be an absolute path')
    return
  }
  if (relative) place.invalid(path, 'must be an absolute path')
  if (path === '') return
  for (const bad of BAD_SEQUENCES) if (path.includes(bad)) place.invalid(path, `must not contain '${bad}'`)
  for (const bad of BAD_ENDINGS) if (path.endsWith(bad)) place.invalid(path, `cannot end with '${bad}'`)
}

export function validateBackend({ service, resource }: IngressBackend, at: At): void {
  if (service && resource) {
    at.invalid('', 'cannot set both resource and service backends')
  } else if (resource) {
    if (!resource.kind) at.child('resource', 'kind').required()
    if (!resource.name) at.child('resource', 'name').required()
  } else if (!service) {
    at.invalid('', 'resource or service backend is required')
  } else {
    validateService(service, at)
  }
}

function validateService({ name, port }: NonNullable<IngressBackend['service']>, at: At): void {
  if (name === '') at.child('service', 'name').required()
  else at.child('service', 'name').invalidEach(name, isDNS1035Label(name))
  if (port.name && port.number) at.invalid('', 'cannot set both port name & port number')
  else if (port.name) at.child('service', 'port', 'name').invalidEach(port.name, isPortName(port.name))
  else if (port.number) at.child('service', 'port', 'number').invalidEach(port.number, isPortNumber(port.number))
  else at.required('port name or number is required')
}

const isHost = (host: string) => (host.includes('*') ? isWildcardDNS1123Subdomain(host) : isDNS1123Subdomain(host))

export function validateRule({ host }: IngressRule, at: At): void {
  if (!host) return
  if (ipFamily(host)) at.child('host').invalid(host, 'must be a DNS name, not an IP address')
  else at.child('host').invalidEach(host, isHost(host))
}

export function validateTLS({ hosts }: IngressTLS, at: At): void {
  hosts?.forEach((host, i) => {
    at.child('hosts').index(i).invalidEach(host, isHost(host))
  })
}

export function validateIngress({ rules, defaultBackend }: IngressSpec, at: At): void {
  if (!rules && !defaultBackend) at.invalid(null, 'either `defaultBackend` or `rules` must be specified')
}

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class'

export function validateIngressCreate({ metadata, spec }: Ingress, at: At): void {
  const name = metadata.annotations?.[CLASS_ANNOTATION]
  if (name === undefined || spec.ingressClassName === undefined) return
  at.child('annotations', CLASS_ANNOTATION).invalid(name, 'can not be set when the class field is also set')
}

/** Where an Ingress is said to be reached; addresses that were there before are let be. */
export function validateIngressStatus({ status }: Ingress, { status: old }: Ingress, at: At): void {
  const known = new Set(old.loadBalancer.ingress?.map(({ ip }) => ip))
  status.loadBalancer.ingress?.forEach(({ ip, hostname }, i) => {
    const place = at.child('status', 'loadBalancer', 'ingress').index(i)
    if (ip && !known.has(ip)) place.child('ip').invalidEach(ip, isIP(ip))
    if (!hostname) return
    place.child('hostname').invalidEach(hostname, isDNS1123Subdomain(hostname))
    if (ipFamily(hostname)) place.child('hostname').invalid(hostname, 'must be a DNS name, not an IP address')
  })
}
