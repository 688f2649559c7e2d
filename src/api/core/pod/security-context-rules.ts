import type { At } from '../../../apimachinery/validation/at.ts'
import { isDNS1123Subdomain, isUserId } from '../../../apimachinery/validation/names.ts'
import { validateDescendingPath } from './paths.ts'
import type {
  AppArmorProfile,
  PodSecurityContext,
  SeccompProfile,
  SecurityContext,
  WindowsSecurityContextOptions,
} from './security-context.ts'
import type { PodSpec } from './spec.ts'

const MAX_APPARMOR_NAME = 4095

export function validateSeccompProfile({ type, localhostProfile }: SeccompProfile, at: At): void {
  if (type === '') {
    at.child('type').required('type is required when seccompProfile is set')
    return
  }
  const place = at.child('localhostProfile')
  if (type !== 'Localhost') {
    if (localhostProfile !== undefined) {
      place.invalid({ type, localhostProfile }, 'can only be set when seccomp type is Localhost')
    }
  } else if (localhostProfile === undefined) {
    place.required('must be set when seccomp type is Localhost')
  } else {
    validateDescendingPath(localhostProfile, place)
  }
}

export function validateAppArmorProfile({ type, localhostProfile }: AppArmorProfile, at: At): void {
  if (type === '') {
    at.child('type').required('type is required when appArmorProfile is set')
    return
  }
  const place = at.child('localhostProfile')
  if (type !== 'Localhost') {
    if (localhostProfile !== undefined && (type === 'RuntimeDefault' || type === 'Unconfined')) {
      place.invalid(localhostProfile, 'can only be set when AppArmor type is Localhost')
    }
  } else if (!localhostProfile) {
    place.required('must be set when AppArmor type is Localhost')
  } else {
    if (localhostProfile.trim() === '') place.required('must be set when AppArmor type is Localhost')
    else if (localhostProfile.trim() !== localhostProfile) {
      place.invalid(localhostProfile, 'must not be padded with whitespace')
    }
    if (Buffer.byteLength(localhostProfile) > MAX_APPARMOR_NAME) place.tooLong(MAX_APPARMOR_NAME)
  }
}

const MAX_CREDENTIAL_SPEC_KIB = 64

function validateRunAsUserName(name: string, at: At): void {
  const bad = (detail: string) => at.invalid(name, detail)
  if (name === '') {
    bad('runAsUserName cannot be an empty string')
    return
  }
  if (/\p{Cc}/u.test(name)) {
    bad('runAsUserName cannot contain control characters')
    return
  }
  const parts = name.split('\\')
  if (parts.length > 2) {
    bad('runAsUserName cannot contain more than one backslash')
    return
  }
  const user = parts.at(-1)!
  const domain = parts.length === 2 ? parts[0]! : undefined
  if (domain !== undefined) {
    const netBios = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/
    const dns = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/
    if (domain.length >= 256) bad("runAsUserName's Domain length must be under 256 characters")
    if (!netBios.test(domain) && !dns.test(domain)) {
      bad("runAsUserName's Domain doesn't match the NetBios nor the DNS format")
    }
  }
  if (user === '') bad("runAsUserName's User cannot be empty")
  else if (user.length > 104) bad("runAsUserName's User length must not be longer than 104 characters")
  if (/^[. ]+$/.test(user)) bad("runAsUserName's User cannot contain only periods or spaces")
  if (/["/\\:;|=,+*?<>@[\]]/.test(user)) {
    bad('runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]')
  }
}

export function validateWindowsOptions(options: WindowsSecurityContextOptions, at: At): void {
  const { gmsaCredentialSpecName: name, gmsaCredentialSpec: spec, runAsUserName } = options
  if (name !== undefined) at.child('gmsaCredentialSpecName').invalidEach(name, isDNS1123Subdomain(name))
  const specAt = at.child('gmsaCredentialSpec')
  if (spec === '') specAt.invalid(spec, 'gmsaCredentialSpec cannot be an empty string')
  if (spec && spec.length > MAX_CREDENTIAL_SPEC_KIB * 1024) {
    specAt.invalid(spec, `gmsaCredentialSpec size must be under ${MAX_CREDENTIAL_SPEC_KIB} KiB`)
  }
  if (runAsUserName !== undefined) validateRunAsUserName(runAsUserName, at.child('runAsUserName'))
}

export function validateSecurityContext(context: SecurityContext, at: At): void {
  if (context.allowPrivilegeEscalation !== false) return
  if (context.privileged) {
    at.invalid(context, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true')
  }
  if (context.capabilities?.add?.includes('CAP_SYS_ADMIN')) {
    at.invalid(context, 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN')
  }
}

const SYSCTL = '([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
const sysctlRegex = new RegExp(`^${SYSCTL}$`)
const MAX_SYSCTL = 253

export function validatePodSecurityContext(context: PodSecurityContext, at: At): void {
  context.supplementalGroups?.forEach((group, i) => {
    at.child('supplementalGroups').index(i).invalidEach(group, isUserId(group))
  })
  const names = new Set<string>()
  context.sysctls?.forEach(({ name }, i) => {
    const place = at.child('sysctls').index(i).child('name')
    if (name === '') return
    if (name.length > MAX_SYSCTL || !sysctlRegex.test(name)) {
      place.invalid(name, `must have at most ${MAX_SYSCTL} characters and match regex ^${SYSCTL}$`)
    } else if (names.has(name)) {
      place.duplicate(name)
    }
    names.add(name)
  })
}

/** Which namespace of the kernel a sysctl belongs to, among those a pod may share with its node. */
function sysctlNamespace(name: string): 'net' | 'ipc' | undefined {
  const dotted = name.replaceAll('/', '.')
  if (dotted.startsWith('net.')) return 'net'
  return /^(kernel\.(shm|msg|sem)|fs\.mqueue\.)/.test(dotted) ? 'ipc' : undefined
}

/** What of the security context depends on which namespaces the pod shares with its node. */
export function validateSharedNamespaces(spec: PodSpec, at: At): void {
  const context = at.child('securityContext')
  if (spec.shareProcessNamespace && spec.hostPID) {
    context.child('shareProcessNamespace').invalid(true, 'ShareProcessNamespace and HostPID cannot both be enabled')
  }
  spec.securityContext?.sysctls?.forEach(({ name }, i) => {
    const place = context.child('sysctls').index(i).child('name')
    const namespace = sysctlNamespace(name)
    if (spec.hostNetwork && namespace === 'net') {
      place.invalid(name, "may not be specified when 'hostNetwork' is true")
    }
    if (spec.hostIPC && namespace === 'ipc') place.invalid(name, "may not be specified when 'hostIPC' is true")
  })
  if (spec.hostUsers !== false) return
  if (spec.hostNetwork) at.child('hostNetwork').forbidden('when `hostUsers` is false')
  if (spec.hostPID) at.child('HostPID').forbidden('when `hostUsers` is false')
  if (spec.hostIPC) at.child('HostIPC').forbidden('when `hostUsers` is false')
}
