import type { At } from '../../../apimachinery/validation/at.ts'
import { validateLabels } from '../../../apimachinery/validation/labels.ts'
import { isDNS1123Subdomain } from '../../../apimachinery/validation/names.ts'
import { validateContainers, validateEphemeralContainers, validateInitContainers } from './container-rules.ts'
import { validateDNSPolicy } from './dns-rules.ts'
import { eachContainer, validateForOS, validateHostProcess } from './os-rules.ts'
import { validatePodResources } from './pod-resources.ts'
import { validateOverhead } from './resource-rules.ts'
import { validateGatesOnce, validateSpreadOnce } from './scheduling-rules.ts'
import { validateSharedNamespaces } from './security-context-rules.ts'
import type { PodResourceClaim, PodSpec } from './spec.ts'
import { validateVolumes } from './volume-rules.ts'

const MAX_HOSTNAME = 64

function validateClaims(claims: readonly PodResourceClaim[], at: At): void {
  const names = new Set<string>()
  claims.forEach((claim, i) => {
    const place = at.index(i)
    if (claim.name === '') place.child('name').required()
    else if (names.has(claim.name)) place.child('name').duplicate(claim.name)
    names.add(claim.name)
    const sources = [claim.resourceClaimName, claim.resourceClaimTemplateName].filter(source => source !== undefined)
    if (sources.length === 2) {
      place.invalid(claim, 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified')
    }
    if (sources.length === 0) {
      place.invalid(claim, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`')
    }
  })
}

function validateHostname(spec: PodSpec, at: At): void {
  const name = spec.hostnameOverride
  if (name === undefined) return
  const place = at.child('hostnameOverride')
  if (spec.setHostnameAsFQDN) place.forbidden('may not be specified when setHostnameAsFQDN is true')
  if (spec.hostNetwork) place.forbidden('may not be specified when hostNetwork is true')
  if (name.length > MAX_HOSTNAME) place.tooLong(MAX_HOSTNAME)
  place.invalidEach(name, isDNS1123Subdomain(name))
}

/** On the node's network a host port can only be the container port itself; templates may leave it open. */
function validateHostNetworkPorts(spec: PodSpec, at: At): void {
  if (!spec.hostNetwork) return
  spec.containers.forEach((container, i) => {
    container.ports?.forEach(({ hostPort, containerPort }, j) => {
      if (!hostPort || hostPort === containerPort) return
      at.child('containers')
        .index(i)
        .child('ports')
        .index(j)
        .child('hostPort')
        .invalid(hostPort, 'must match `containerPort` when `hostNetwork` is true')
    })
  })
}

/** The rules of a pod's spec that hold in pods and templates alike, after upstream's ValidatePodSpec. */
export function validatePodSpec(spec: PodSpec, at: At): void {
  const volumes = new Map((spec.volumes ?? []).map(volume => [volume.name, volume]))
  const claims = new Set((spec.resourceClaims ?? []).map(({ name }) => name).filter(Boolean))
  const around = { volumes, claims, spec }

  if (spec.volumes) validateVolumes(spec.volumes, undefined, at.child('volumes'))
  if (spec.resourceClaims) validateClaims(spec.resourceClaims, at.child('resourceClaims'))
  validateContainers(around, at.child('containers'))
  validateInitContainers(around, at.child('initContainers'))
  validateEphemeralContainers(around, at.child('ephemeralContainers'))
  validatePodResources(spec, at)
  validateHostNetworkPorts(spec, at)
  if (spec.nodeSelector) validateLabels(spec.nodeSelector, at.child('nodeSelector'))
  validateSharedNamespaces(spec, at)
  validateDNSPolicy(spec.dnsPolicy, spec.dnsConfig, at.child('dnsConfig'))
  if (spec.schedulingGates) validateGatesOnce(spec.schedulingGates, at.child('schedulingGates'))
  if (spec.topologySpreadConstraints) {
    validateSpreadOnce(spec.topologySpreadConstraints, at.child('topologySpreadConstraints'))
  }
  validateHostProcess(spec, at)
  validateHostname(spec, at)
  if (spec.overhead) validateOverhead(spec.overhead, at.child('overhead', 'limits'))
  validateForOS(spec, at)
  if (spec.hostUsers === false) {
    eachContainer(spec, at, (container, place) => {
      if (container.volumeDevices) place.child('volumeDevices').forbidden('when `hostUsers` is false')
    })
  }
}
