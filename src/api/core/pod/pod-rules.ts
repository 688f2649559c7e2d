import type { At } from '../../../apimachinery/validation/at.ts'
import { ipFamily, isIP } from '../../../apimachinery/validation/ip.ts'
import { IMMUTABLE_MESSAGE, isDNS1123Subdomain, isQualifiedName } from '../../../apimachinery/validation/names.ts'
import type { Pod } from '../pod.ts'
import { validateMirrorUnchanged, validatePodAnnotations } from './annotation-rules.ts'
import { isSidecar, validateImageSpelling } from './container-rules.ts'
import type { ContainerStatus } from './container-status.ts'
import { validateVolumes } from './volume-rules.ts'

/** The rules of pods that templates do not have, after upstream's validatePodMetadataAndSpec. */
export function validatePod({ metadata, spec }: Pod, at: At): void {
  const specAt = at.child('spec')
  validatePodAnnotations(metadata.annotations, spec, at.child('metadata', 'annotations'))
  validateEphemeralClaimNames(spec, metadata.name, specAt.child('volumes'))
  if (!spec.serviceAccountName) {
    spec.volumes?.forEach(({ projected }, i) => {
      projected?.sources?.forEach(({ serviceAccountToken }, j) => {
        if (!serviceAccountToken) return
        const place = specAt.child('volumes').index(i).child('projected', 'sources').index(j)
        place.child('serviceAccountToken').forbidden('must not be specified when serviceAccountName is not set')
      })
    })
  }
  for (const list of ['containers', 'initContainers'] as const) {
    spec[list]?.forEach((container, i) => {
      validateImageSpelling(container, specAt.child(list).index(i))
    })
  }
  spec.volumes?.forEach(({ image }, i) => {
    if (image && !image.reference) specAt.child('volumes').index(i).child('image', 'reference').required()
  })
}

/** A claim made for a pod is named after both, which has to make a name. */
function validateEphemeralClaimNames(spec: Pod['spec'], podName: string | undefined, at: At): void {
  const ephemeral = spec.volumes?.some(volume => volume.ephemeral)
  if (!ephemeral || !podName) return
  validateVolumes(
    spec.volumes!.filter(({ name }, i, all) => all.findIndex(other => other.name === name) === i),
    podName,
    at,
  )
  spec.volumes!.forEach((volume, i) => {
    if (!volume.ephemeral || !volume.name) return
    const claim = `${podName}-${volume.name}`
    for (const message of isDNS1123Subdomain(claim)) {
      at.index(i)
        .child('name')
        .invalid(volume.name, `PVC name ${JSON.stringify(claim)}: ${message}`)
    }
  })
}

export function validatePodCreate({ spec }: Pod, at: At): void {
  if (spec.ephemeralContainers) at.child('spec', 'ephemeralContainers').forbidden('cannot be set on create')
  if (spec.nodeName && spec.schedulingGates) {
    at.child('spec', 'nodeName').forbidden('cannot be set until all schedulingGates have been cleared')
  }
}

const SYSTEM_CONDITIONS = ['PodScheduled', 'Ready', 'Initialized']
const NOT_NEGATIVE = 'must be a non-negative integer'

function validateIPs(ips: readonly { readonly ip: string }[], old: readonly { readonly ip: string }[], at: At): void {
  const known = new Set(old.map(({ ip }) => ip))
  ips.forEach(({ ip }, i) => {
    if (!known.has(ip)) at.index(i).invalidEach(ip, isIP(ip))
  })
  const families = new Set(ips.map(({ ip }) => ipFamily(ip)))
  if (ips.length > 2 || families.size < ips.length) {
    at.invalid(ips, 'may specify no more than one IP for each IP family')
  }
}

/** Whether a container may run again after it ended. */
type MayRestart = (name: string, exitCode: number) => boolean

function validateTransitions(
  statuses: readonly ContainerStatus[] = [],
  old: readonly ContainerStatus[] = [],
  mayRestart: MayRestart,
  at: At,
): void {
  old.forEach(({ name, state }, i) => {
    if (!state.terminated || mayRestart(name, state.terminated.exitCode)) return
    const now = statuses.find(status => status.name === name)
    if (now && !now.state.terminated) {
      at.index(i).child('state').forbidden('may not be transitioned to non-terminated state')
    }
  })
}

export function validatePodStatusUpdate(pod: Pod, old: Pod, at: At): void {
  const { spec, status } = pod
  const statusAt = at.child('status')
  validateMirrorUnchanged(pod.metadata.annotations, old.metadata.annotations, at.child('metadata', 'annotations'))
  status.conditions?.forEach(({ type, observedGeneration = 0 }, i) => {
    const place = statusAt.child('conditions').index(i)
    if (observedGeneration < 0) place.child('observedGeneration').invalid(observedGeneration, NOT_NEGATIVE)
    if (!SYSTEM_CONDITIONS.includes(type)) place.child('Type').invalidEach(type, isQualifiedName(type))
  })
  if (spec.nodeName !== old.spec.nodeName) statusAt.child('nodeName').forbidden('may not be changed directly')

  const nominated = status.nominatedNodeName
  if (nominated && nominated !== old.status.nominatedNodeName) {
    const place = statusAt.child('nominatedNodeName')
    place.invalidEach(nominated, isDNS1123Subdomain(nominated))
    if (old.spec.nodeName) place.forbidden('may not be set on pods that are already bound to a node')
  }
  if ((status.observedGeneration ?? 0) < 0) {
    statusAt.child('observedGeneration').invalid(status.observedGeneration, NOT_NEGATIVE)
  }
  if (status.qosClass !== old.status.qosClass)
    statusAt.child('qosClass').invalid(status.qosClass ?? '', IMMUTABLE_MESSAGE)

  const byPolicy = (policy: string | undefined, exitCode: number) =>
    policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0)
  const restartsByRule = (name: string) =>
    [...old.spec.containers, ...(old.spec.initContainers ?? [])].some(
      container => container.name === name && container.restartPolicyRules,
    )
  const everyRestart = [...old.spec.containers, ...(old.spec.initContainers ?? [])].some(container =>
    container.restartPolicyRules?.some(({ action }) => action === 'RestartAllContainers'),
  )
  const main: MayRestart = (name, exitCode) => {
    const own = old.spec.containers.find(container => container.name === name)?.restartPolicy
    return everyRestart || restartsByRule(name) || byPolicy(own ?? old.spec.restartPolicy, exitCode)
  }
  const init: MayRestart = (name, exitCode) => {
    const container = old.spec.initContainers?.find(candidate => candidate.name === name)
    if (everyRestart || restartsByRule(name) || (container && isSidecar(container))) return true
    return byPolicy(container?.restartPolicy ?? old.spec.restartPolicy, exitCode)
  }
  const lists = { containerStatuses: main, initContainerStatuses: init, ephemeralContainerStatuses: () => false }
  for (const [list, mayRestart] of Object.entries(lists) as [keyof typeof lists, MayRestart][]) {
    validateTransitions(status[list], old.status[list], mayRestart, statusAt.child(list))
  }
  if (status.podIPs) validateIPs(status.podIPs, old.status.podIPs ?? [], statusAt.child('podIPs'))
  if (status.hostIPs) {
    const first = status.hostIPs[0]?.ip
    if (first !== undefined && first !== status.hostIP) {
      statusAt.child('hostIPs').index(0).child('ip').invalid(first, 'must be equal to `hostIP`')
    }
    validateIPs(status.hostIPs, old.status.hostIPs ?? [], statusAt.child('hostIPs'))
  }
}
