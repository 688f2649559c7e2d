import type { At } from '../../../apimachinery/validation/at.ts'
import { isPortName } from '../../../apimachinery/validation/names.ts'
import type { Container, ContainerPort, EphemeralContainer, VolumeMount } from './container.ts'
import { validateDescendingPath } from './paths.ts'
import { validateKillingProbe, validateLifecycle, validateReadinessProbe } from './probe-rules.ts'
import { validateClaims, validateContainerResources } from './resource-rules.ts'
import type { PodSpec } from './spec.ts'
import type { Volume } from './volume.ts'

/** Rules about containers that need to see the rest of the pod, after upstream's pkg/apis/core/validation. */

type AnyContainer = Container | EphemeralContainer

/** What the rules need to know of the pod around a container. */
interface Surroundings {
  readonly volumes: ReadonlyMap<string, Volume>
  readonly claims: ReadonlySet<string>
  readonly spec: PodSpec
}

export function validateContainerPort(port: ContainerPort, at: At): void {
  if (port.name) at.child('name').invalidEach(port.name, isPortName(port.name))
}

function validatePortNames(container: AnyContainer, at: At): void {
  const seen = new Set<string>()
  container.ports?.forEach(({ name }, i) => {
    if (!name || isPortName(name).length > 0) return
    if (seen.has(name)) at.index(i).child('name').duplicate(name)
    seen.add(name)
  })
}

/** Two containers cannot have the same port of the node. */
function validateHostPorts(containers: readonly AnyContainer[], at: (i: number) => At): void {
  const seen = new Set<string>()
  containers.forEach((container, i) => {
    container.ports?.forEach(({ protocol, hostIP, hostPort }, j) => {
      if (!hostPort) return
      const key = `${protocol}/${hostIP ?? ''}/${hostPort}`
      if (seen.has(key)) at(i).child('ports').index(j).child('hostPort').duplicate(key)
      seen.add(key)
    })
  })
}

function validateMountModes(mount: VolumeMount, privileged: boolean, at: At): void {
  if (mount.mountPropagation === 'Bidirectional' && !privileged) {
    at.child('mountPropagation').forbidden('Bidirectional mount propagation is available only to privileged containers')
  }
  const mode = mount.recursiveReadOnly
  if (mode === undefined || mode === 'Disabled') return
  const place = at.child('recursiveReadOnly')
  if (mode !== 'Enabled' && mode !== 'IfPossible') {
    place.notSupported(mode, ['Disabled', 'IfPossible', 'Enabled'])
    return
  }
  if (!mount.readOnly) place.forbidden('may only be specified when readOnly is true')
  if (mount.mountPropagation !== undefined && mount.mountPropagation !== 'None') {
    place.forbidden('may only be specified when mountPropagation is None or not specified')
  }
}

function validateMounts(container: AnyContainer, volumes: ReadonlyMap<string, Volume>, at: At): void {
  const devices = container.volumeDevices ?? []
  const paths = new Set<string>()
  container.volumeMounts?.forEach((mount, i) => {
    const place = at.index(i)
    if (!volumes.has(mount.name)) place.child('name').notFound(mount.name)
    if (paths.has(mount.mountPath)) place.child('mountPath').invalid(mount.mountPath, 'must be unique')
    paths.add(mount.mountPath)
    if (devices.some(({ name }) => name === mount.name)) {
      place.child('name').invalid(mount.name, 'must not already exist in volumeDevices')
    }
    if (devices.some(({ devicePath }) => devicePath === mount.mountPath)) {
      place.child('mountPath').invalid(mount.mountPath, 'must not already exist as a path in volumeDevices')
    }
    if (mount.subPath) validateDescendingPath(mount.subPath, place.child('subPath'))
    if (mount.subPathExpr) {
      if (mount.subPath) {
        place.child('subPathExpr').invalid(mount.subPathExpr, 'subPathExpr and subPath are mutually exclusive')
      }
      validateDescendingPath(mount.subPathExpr, place.child('subPathExpr'))
    }
    validateMountModes(mount, container.securityContext?.privileged ?? false, place)
  })
}

function validateDevices(container: AnyContainer, volumes: ReadonlyMap<string, Volume>, at: At): void {
  const mounts = container.volumeMounts ?? []
  const names = new Set<string>()
  const paths = new Set<string>()
  container.volumeDevices?.forEach(({ name, devicePath }, i) => {
    const [nameAt, pathAt] = [at.index(i).child('name'), at.index(i).child('devicePath')]
    const volume = volumes.get(name)
    if (names.has(name)) nameAt.invalid(name, 'must be unique')
    if (!volume) {
      nameAt.notFound(name)
    } else if (!volume.persistentVolumeClaim && !volume.ephemeral) {
      nameAt.invalid(name, 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode')
    }
    if (paths.has(devicePath)) pathAt.invalid(devicePath, 'must be unique')
    if (devicePath.split('/').includes('..')) pathAt.invalid(devicePath, "can not contain backsteps ('..')")
    if (mounts.some(mount => mount.name === name)) nameAt.invalid(name, 'must not already exist in volumeMounts')
    if (mounts.some(({ mountPath }) => mountPath === devicePath)) {
      pathAt.invalid(devicePath, 'must not already exist as a path in volumeMounts')
    }
    names.add(name)
    paths.add(devicePath)
  })
}

/** An env file is written by an init container, so it lies in an emptyDir. */
function validateEnvFiles(container: AnyContainer, volumes: ReadonlyMap<string, Volume>, at: At): void {
  container.env?.forEach(({ valueFrom }, i) => {
    const name = valueFrom?.fileKeyRef?.volumeName
    if (name === undefined) return
    const place = at.index(i).child('valueFrom', 'fileKeyRef', 'volumeName')
    const volume = volumes.get(name)
    if (!volume) place.notFound(name)
    else if (!volume.emptyDir) place.invalid(name, 'referenced volume must be of type emptyDir')
  })
}

function validateResizePolicy(container: AnyContainer, restartPolicy: string, at: At): void {
  const seen = new Set<string>()
  container.resizePolicy?.forEach((policy, i) => {
    if (seen.has(policy.resourceName)) at.index(i).duplicate(policy.resourceName)
    seen.add(policy.resourceName)
    if (restartPolicy === 'Never' && policy.restartPolicy !== 'NotRequired') {
      at.invalid(policy.restartPolicy, "must be 'NotRequired' when `restartPolicy` is 'Never'")
    }
  })
}

const MAX_RULES = 20
const MAX_CODES = 255

function validateRestartRules(container: AnyContainer, at: At): void {
  const rules = container.restartPolicyRules ?? []
  if (rules.length > 0 && container.restartPolicy === undefined) {
    at.child('restartPolicy').required('must specify restartPolicy when restart rules are used')
  }
  if (rules.length > MAX_RULES) at.child('restartPolicyRules').tooLong(MAX_RULES)
  rules.forEach(({ exitCodes }, i) => {
    const place = at.child('restartPolicyRules').index(i).child('exitCodes')
    if (!exitCodes) place.required('must be specified')
    else if ((exitCodes.values?.length ?? 0) > MAX_CODES) place.child('values').tooLong(MAX_CODES)
  })
}

/** What holds for containers of every sort. */
function validateCommon(container: AnyContainer, { volumes, claims, spec }: Surroundings, at: At): void {
  if (!container.image) at.child('image').required()
  validatePortNames(container, at.child('ports'))
  validateMounts(container, volumes, at.child('volumeMounts'))
  validateDevices(container, volumes, at.child('volumeDevices'))
  validateEnvFiles(container, volumes, at.child('env'))
  validateContainerResources(container.resources, at.child('resources'))
  validateClaims(container.resources.claims, claims, at.child('resources', 'claims'))
  validateResizePolicy(container, spec.restartPolicy, at.child('resizePolicy'))
  if (container.securityContext?.procMount === 'Unmasked' && spec.hostUsers !== false) {
    at.child('securityContext', 'procMount').invalid('Unmasked', '`hostUsers` must be false to use `Unmasked`')
  }
}

/** What holds for containers that run beside each other: the main ones and sidecars. */
function validateRunning(container: AnyContainer, { spec }: Surroundings, at: At): void {
  if (container.lifecycle) {
    validateLifecycle(container.lifecycle, spec.terminationGracePeriodSeconds, spec.os?.name, at.child('lifecycle'))
  }
  validateKillingProbe(container.livenessProbe, at.child('livenessProbe'))
  validateReadinessProbe(container.readinessProbe, at.child('readinessProbe'))
  validateKillingProbe(container.startupProbe, at.child('startupProbe'))
}

/** The main containers. `at` is the place of the list. */
export function validateContainers(around: Surroundings, at: At): void {
  const names = new Set<string>()
  around.spec.containers.forEach((container, i) => {
    const place = at.index(i)
    validateCommon(container, around, place)
    if (names.has(container.name)) place.child('name').duplicate(container.name)
    names.add(container.name)
    validateRunning(container, around, place)
    validateRestartRules(container, place)
  })
  validateHostPorts(around.spec.containers, i => at.index(i))
}

/** Whether an init container keeps running beside the main ones. */
export const isSidecar = (container: { readonly restartPolicy?: string }): boolean =>
  container.restartPolicy === 'Always'

const NEVER_IN_INIT = ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const

export function validateInitContainers(around: Surroundings, at: At): void {
  const names = new Set(around.spec.containers.map(({ name }) => name))
  around.spec.initContainers?.forEach((container, i) => {
    const place = at.index(i)
    validateCommon(container, around, place)
    validateRestartRules(container, place)
    if (names.has(container.name)) place.child('name').duplicate(container.name)
    else if (container.name) names.add(container.name)
    validateHostPorts([container], () => place)
    if (isSidecar(container)) {
      validateRunning(container, around, place)
      return
    }
    for (const field of NEVER_IN_INIT) {
      if (container[field]) {
        place.child(field).forbidden('may not be set for init containers without restartPolicy=Always')
      }
    }
  })
}

const NEVER_IN_EPHEMERAL = [
  'ports',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
] as const
const EPHEMERAL_MESSAGE = 'cannot be set for an Ephemeral Container'

export function validateEphemeralContainers(around: Surroundings, at: At): void {
  const { containers, initContainers = [], ephemeralContainers = [] } = around.spec
  const others = new Set([...containers, ...initContainers].map(({ name }) => name))
  const names = new Set(others)
  ephemeralContainers.forEach((container, i) => {
    const place = at.index(i)
    validateCommon(container, around, place)
    validateImageSpelling(container, place)
    if (names.has(container.name)) place.child('name').duplicate(container.name)
    names.add(container.name)
    const target = container.targetContainerName
    if (target && !others.has(target)) place.child('targetContainerName').notFound(target)
    for (const field of NEVER_IN_EPHEMERAL) {
      if (container[field]) place.child(field).forbidden(EPHEMERAL_MESSAGE)
    }
    if (Object.keys(container.resources).length > 0) place.child('resources').forbidden(EPHEMERAL_MESSAGE)
    container.volumeMounts?.forEach((mount, j) => {
      const mountAt = place.child('volumeMounts').index(j)
      if (mount.subPath) mountAt.child('subPath').forbidden(EPHEMERAL_MESSAGE)
      if (mount.subPathExpr) mountAt.child('subPathExpr').forbidden(EPHEMERAL_MESSAGE)
    })
  })
}

/** In pods, not in templates: tools put a lone space into templates to be filled in later. */
export function validateImageSpelling(container: { readonly image?: string }, at: At): void {
  const { image = '' } = container
  if (image !== image.trim()) at.child('image').invalid(image, 'must not have leading or trailing whitespace')
}
