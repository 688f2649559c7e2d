import { bool, boxed, type Infer, int64, list, listOf, message, oneOf, ref, string, uint32 } from '../protobuf.ts'

/** Whose namespace a container joins: its pod's, its own, the node's, or that of `targetId`. */
const namespaceMode = oneOf('POD', 'CONTAINER', 'NODE', 'TARGET')

const idMapping = message({ hostId: uint32(1), containerId: uint32(2), length: uint32(3) })

const userNamespace = message({ mode: namespaceMode(1), uids: listOf(2, idMapping), gids: listOf(3, idMapping) })

export const namespaceOption = message({
  network: namespaceMode(1),
  pid: namespaceMode(2),
  ipc: namespaceMode(3),
  targetId: string(4),
  usernsOptions: ref(5, userNamespace),
})
export interface NamespaceOption extends Infer<typeof namespaceOption> {}

const seLinuxOption = message({ user: string(1), role: string(2), type: string(3), level: string(4) })

const supplementalGroupsPolicy = oneOf('Merge', 'Strict')

/** A seccomp or AppArmor profile; `localhostRef` is a path (seccomp) or a loaded profile's name (AppArmor). */
const securityProfile = message({
  profileType: oneOf('RuntimeDefault', 'Unconfined', 'Localhost')(1),
  localhostRef: string(2),
})
export interface SecurityProfile extends Infer<typeof securityProfile> {}

export const linuxSandboxSecurityContext = message({
  namespaceOptions: ref(1, namespaceOption),
  selinuxOptions: ref(2, seLinuxOption),
  runAsUser: boxed(3, int64),
  readonlyRootfs: bool(4),
  supplementalGroups: list(5, int64),
  privileged: bool(6),
  runAsGroup: boxed(8, int64),
  seccomp: ref(9, securityProfile),
  apparmor: ref(10, securityProfile),
  supplementalGroupsPolicy: supplementalGroupsPolicy(11),
})

const capability = message({
  addCapabilities: list(1, string),
  dropCapabilities: list(2, string),
  addAmbientCapabilities: list(3, string),
})

export const linuxContainerSecurityContext = message({
  capabilities: ref(1, capability),
  privileged: bool(2),
  namespaceOptions: ref(3, namespaceOption),
  selinuxOptions: ref(4, seLinuxOption),
  runAsUser: boxed(5, int64),
  runAsUsername: string(6),
  readonlyRootfs: bool(7),
  supplementalGroups: list(8, int64),
  noNewPrivs: bool(11),
  runAsGroup: boxed(12, int64),
  maskedPaths: list(13, string),
  readonlyPaths: list(14, string),
  seccomp: ref(15, securityProfile),
  apparmor: ref(16, securityProfile),
  supplementalGroupsPolicy: supplementalGroupsPolicy(17),
})
export interface LinuxContainerSecurityContext extends Infer<typeof linuxContainerSecurityContext> {}
