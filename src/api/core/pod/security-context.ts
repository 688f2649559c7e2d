import { bool, type Infer, int64, list, message, ref, string, types } from '../../../apimachinery/schema/types.ts'
import {
  validateAppArmorProfile,
  validatePodSecurityContext,
  validateSeccompProfile,
  validateSecurityContext,
  validateWindowsOptions,
} from './security-context-rules.ts'

export const capabilities = message(
  'k8s.io.api.core.v1.Capabilities',
  {
    add: list(1, types.string).atomic().doc('Capabilities to add, as NET_ADMIN.'),
    drop: list(2, types.string).atomic().doc('Capabilities to drop; ALL drops every one.'),
  },
  {
    doc: "Linux capabilities to add to and take from the runtime's default set.",
  },
)
export interface Capabilities extends Infer<typeof capabilities> {}

export const seLinuxOptions = message(
  'k8s.io.api.core.v1.SELinuxOptions',
  {
    user: string(1).doc('The user label.'),
    role: string(2).doc('The role label.'),
    type: string(3).doc('The type label.'),
    level: string(4).doc('The level label.'),
  },
  {
    doc: 'SELinux labels.',
  },
)
export interface SELinuxOptions extends Infer<typeof seLinuxOptions> {}

export const windowsSecurityContextOptions = message(
  'k8s.io.api.core.v1.WindowsSecurityContextOptions',
  {
    gmsaCredentialSpecName: string(1).pointer().doc('Name of the GMSA credential spec to use.'),
    gmsaCredentialSpec: string(2).pointer().doc('Where the GMSA admission webhook puts the contents of the spec.'),
    runAsUserName: string(3).pointer().doc('The Windows user that the processes run as.'),
    hostProcess: bool(4).pointer().doc('Whether the container is a host process.'),
  },
  {
    doc: 'Settings for Windows containers.',
    validate(options, at) {
      validateWindowsOptions(options, at)
    },
  },
)
export interface WindowsSecurityContextOptions extends Infer<typeof windowsSecurityContextOptions> {}

export const seccompProfile = message(
  'k8s.io.api.core.v1.SeccompProfile',
  {
    type: string(1)
      .present()
      .oneOf('RuntimeDefault', 'Localhost', 'Unconfined')
      .doc('RuntimeDefault, Localhost or Unconfined.'),
    localhostProfile: string(2)
      .pointer()
      .doc("For Localhost: path of the profile below the kubelet's seccomp directory."),
  },
  {
    doc: 'A seccomp profile.',
    validate(profile, at) {
      validateSeccompProfile(profile, at)
    },
  },
)
export interface SeccompProfile extends Infer<typeof seccompProfile> {}

export const appArmorProfile = message(
  'k8s.io.api.core.v1.AppArmorProfile',
  {
    type: string(1)
      .present()
      .oneOf('RuntimeDefault', 'Localhost', 'Unconfined')
      .doc('RuntimeDefault, Localhost or Unconfined.'),
    localhostProfile: string(2).pointer().doc('For Localhost: name of a profile loaded on the node.'),
  },
  {
    doc: 'An AppArmor profile.',
    validate(profile, at) {
      validateAppArmorProfile(profile, at)
    },
  },
)
export interface AppArmorProfile extends Infer<typeof appArmorProfile> {}

export const sysctl = message(
  'k8s.io.api.core.v1.Sysctl',
  {
    name: string(1).required().maxLength(253).doc('Its name, as net.core.somaxconn.'),
    value: string(2).present().doc('Its value.'),
  },
  {
    doc: 'A kernel parameter.',
  },
)
export interface Sysctl extends Infer<typeof sysctl> {}

export const securityContext = message(
  'k8s.io.api.core.v1.SecurityContext',
  {
    capabilities: ref(1, capabilities).doc('Linux capabilities.'),
    privileged: bool(2).pointer().doc('Whether its processes are as powerful as root on the node.'),
    seLinuxOptions: ref(3, seLinuxOptions).doc('SELinux labels.'),
    windowsOptions: ref(10, windowsSecurityContextOptions).doc('Settings for Windows.'),
    runAsUser: int64(4).pointer().min(0).max(2147483647).doc('User id of its first process.'),
    runAsGroup: int64(8).pointer().min(0).max(2147483647).doc('Group id of its first process.'),
    runAsNonRoot: bool(5).pointer().doc('Refuse to start as root.'),
    readOnlyRootFilesystem: bool(6).pointer().doc('Whether its root file system is read-only.'),
    allowPrivilegeEscalation: bool(7)
      .pointer()
      .doc('Whether a process may gain more privileges than its parent (no_new_privs when false).'),
    procMount: string(9).pointer().oneOf('Default', 'Unmasked').doc('How /proc is mounted: Default or Unmasked.'),
    seccompProfile: ref(11, seccompProfile).doc('The seccomp profile.'),
    appArmorProfile: ref(12, appArmorProfile).doc('The AppArmor profile.'),
  },
  {
    doc: "What the processes of one container may do; goes before the pod's settings.",
    validate(context, at) {
      validateSecurityContext(context, at)
    },
  },
)
export interface SecurityContext extends Infer<typeof securityContext> {}

export const podSecurityContext = message(
  'k8s.io.api.core.v1.PodSecurityContext',
  {
    seLinuxOptions: ref(1, seLinuxOptions).doc('SELinux labels.'),
    windowsOptions: ref(8, windowsSecurityContextOptions).doc('Settings for Windows.'),
    runAsUser: int64(2).pointer().min(0).max(2147483647).doc('User id of the first processes.'),
    runAsGroup: int64(6).pointer().min(0).max(2147483647).doc('Group id of the first processes.'),
    runAsNonRoot: bool(3).pointer().doc('Refuse to start as root.'),
    supplementalGroups: list(4, types.int64).atomic().doc('Further groups of the first processes.'),
    supplementalGroupsPolicy: string(12)
      .pointer()
      .oneOf('Merge', 'Strict')
      .doc('Whether groups from the image count too: Merge or Strict.'),
    fsGroup: int64(5).pointer().min(0).max(2147483647).doc('The group that owns the volumes.'),
    sysctls: list(7, sysctl).atomic().doc("Kernel parameters of the pod's namespaces."),
    fsGroupChangePolicy: string(9)
      .pointer()
      .oneOf('OnRootMismatch', 'Always')
      .doc("When to change the volumes' owner: OnRootMismatch or Always."),
    seccompProfile: ref(10, seccompProfile).doc('The seccomp profile.'),
    appArmorProfile: ref(11, appArmorProfile).doc('The AppArmor profile.'),
    seLinuxChangePolicy: string(13)
      .pointer()
      .oneOf('Recursive', 'MountOption')
      .doc('How volumes get their SELinux label: Recursive or MountOption.'),
  },
  {
    doc: 'What the processes of all containers may do.',
    validate(context, at) {
      validatePodSecurityContext(context, at)
    },
  },
)
export interface PodSecurityContext extends Infer<typeof podSecurityContext> {}
