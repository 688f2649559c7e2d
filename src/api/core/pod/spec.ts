import {
  bool,
  type Infer,
  int32,
  int64,
  list,
  map,
  message,
  ref,
  string,
  types,
} from '../../../apimachinery/schema/types.ts'
import { isDNS1123Label, isDNS1123Subdomain } from '../../../apimachinery/validation/names.ts'
import { localObjectReference } from '../references.ts'
import { affinity } from './affinity.ts'
import { container, ephemeralContainer } from './container.ts'
import { validateDNSConfig, validateHostAlias } from './dns-rules.ts'
import { defaultPodSpec } from './pod-spec-defaults.ts'
import { validatePodSpec } from './pod-spec-rules.ts'
import { resourceRequirements } from './resources.ts'
import {
  podReadinessGate,
  podSchedulingGate,
  podSchedulingGroup,
  toleration,
  topologySpreadConstraint,
} from './scheduling.ts'
import { podSecurityContext } from './security-context.ts'
import { volume } from './volume.ts'

export const hostAlias = message(
  'k8s.io.api.core.v1.HostAlias',
  {
    ip: string(1).present().doc('The address.'),
    hostnames: list(2, types.string).atomic().doc('The names.'),
  },
  {
    doc: 'Further names for an address in /etc/hosts.',
    validate(alias, at) {
      validateHostAlias(alias, at)
    },
  },
)
export interface HostAlias extends Infer<typeof hostAlias> {}

export const podDNSConfigOption = message(
  'k8s.io.api.core.v1.PodDNSConfigOption',
  {
    name: string(1).doc('Its name.'),
    value: string(2).pointer().doc('Its value.'),
  },
  {
    doc: 'An option for the resolver.',
  },
)
export interface PodDNSConfigOption extends Infer<typeof podDNSConfigOption> {}

export const podDNSConfig = message(
  'k8s.io.api.core.v1.PodDNSConfig',
  {
    nameservers: list(1, types.string).atomic().doc('Addresses of name servers, 3 at most.'),
    searches: list(2, types.string).atomic().doc('Domains to search, 32 at most.'),
    options: list(3, podDNSConfigOption).atomic().doc('Options for the resolver.'),
  },
  {
    doc: 'DNS settings that are joined with those of dnsPolicy.',
    validate(config, at) {
      validateDNSConfig(config, at)
    },
  },
)
export interface PodDNSConfig extends Infer<typeof podDNSConfig> {}

export const podOS = message(
  'k8s.io.api.core.v1.PodOS',
  {
    name: string(1).required().oneOf('linux', 'windows').doc('linux or windows.'),
  },
  {
    doc: 'The operating system of the containers.',
  },
)
export interface PodOS extends Infer<typeof podOS> {}

export const podResourceClaim = message(
  'k8s.io.api.core.v1.PodResourceClaim',
  {
    name: string(1).present().format(isDNS1123Label).doc('Its name in the pod.'),
    resourceClaimName: string(3).pointer().format(isDNS1123Subdomain).doc('An existing claim.'),
    resourceClaimTemplateName: string(4)
      .pointer()
      .format(isDNS1123Subdomain)
      .doc('The template a claim is made from for this pod.'),
  },
  {
    doc: 'A ResourceClaim that containers of the pod may use; one of its sources is set.',
  },
)
export interface PodResourceClaim extends Infer<typeof podResourceClaim> {}

export const podSpec = message(
  'k8s.io.api.core.v1.PodSpec',
  {
    volumes: list(1, volume)
      .mapKeys('name')
      .patchMerge('name', 'retainKeys')
      .doc('Storage that the containers can mount.'),
    initContainers: list(20, container)
      .mapKeys('name')
      .patchMerge('name')
      .doc('Containers that run one after another, each to its end, before the others start; sidecars keep running.'),
    containers: list(2, container).required().mapKeys('name').patchMerge('name').doc('The containers; one at least.'),
    ephemeralContainers: list(34, ephemeralContainer)
      .mapKeys('name')
      .patchMerge('name')
      .doc('Containers added to the running pod, through their own subresource.'),
    restartPolicy: string(3)
      .default('Always')
      .oneOf('Always', 'OnFailure', 'Never')
      .doc('When containers are restarted: Always, OnFailure or Never.'),
    terminationGracePeriodSeconds: int64(4)
      .pointer()
      .default(30)
      .doc('Seconds the containers get to end before they are killed.'),
    activeDeadlineSeconds: int64(5)
      .pointer()
      .min(1)
      .max(2147483647)
      .doc('Seconds after which the pod is failed if it still runs.'),
    dnsPolicy: string(6)
      .default('ClusterFirst')
      .oneOf('ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None')
      .doc('ClusterFirst, ClusterFirstWithHostNet, Default or None.'),
    nodeSelector: map(7, types.string).atomic().doc('Labels that the node must have.'),
    serviceAccountName: string(8).format(isDNS1123Subdomain).doc('The service account it runs as.'),
    serviceAccount: string(9).doc('The older name of serviceAccountName.'),
    automountServiceAccountToken: bool(21).pointer().doc('Whether it gets a token of its service account.'),
    nodeName: string(10).format(isDNS1123Subdomain).doc('The node it runs on; set by the scheduler.'),
    hostNetwork: bool(11).doc("Whether it uses the node's network."),
    hostPID: bool(12).doc("Whether it sees the node's processes."),
    hostIPC: bool(13).doc("Whether it uses the node's IPC namespace."),
    shareProcessNamespace: bool(27).pointer().doc("Whether its containers see each other's processes."),
    securityContext: ref(14, podSecurityContext).doc('What the processes of all containers may do.'),
    imagePullSecrets: list(15, localObjectReference)
      .mapKeys('name')
      .patchMerge('name')
      .doc('Secrets with credentials for pulling the images.'),
    hostname: string(16).format(isDNS1123Label).doc('Its host name; its own name by default.'),
    subdomain: string(17)
      .format(isDNS1123Label)
      .doc('The domain of its host name in the cluster: HOSTNAME.SUBDOMAIN.NAMESPACE.svc.'),
    affinity: ref(18, affinity).doc('Where it may or should run.'),
    schedulerName: string(19).default('default-scheduler').doc('The scheduler that places it.'),
    tolerations: list(22, toleration).atomic().doc('Taints that do not keep it away.'),
    hostAliases: list(23, hostAlias).mapKeys('ip').patchMerge('ip').doc('Further lines for /etc/hosts.'),
    priorityClassName: string(24).format(isDNS1123Subdomain).doc('Its PriorityClass.'),
    priority: int32(25).pointer().doc('Its priority, from the class; higher goes first.'),
    dnsConfig: ref(26, podDNSConfig).doc('DNS settings besides those of dnsPolicy.'),
    readinessGates: list(28, podReadinessGate).atomic().doc('Conditions that must be True for it to be ready.'),
    runtimeClassName: string(29)
      .pointer()
      .format(isDNS1123Subdomain)
      .doc("Its RuntimeClass; the node's default runtime otherwise."),
    enableServiceLinks: bool(30)
      .pointer()
      .doc("Whether containers get environment variables for the namespace's Services."),
    preemptionPolicy: string(31)
      .pointer()
      .oneOf('PreemptLowerPriority', 'Never')
      .doc('Whether it may push out pods of lower priority: PreemptLowerPriority or Never.'),
    overhead: map(32, types.quantity).doc('What the runtime itself needs, from the RuntimeClass.'),
    topologySpreadConstraints: list(33, topologySpreadConstraint)
      .mapKeys('topologyKey', 'whenUnsatisfiable')
      .patchMerge('topologyKey')
      .doc('How evenly pods like it are spread; all must hold.'),
    setHostnameAsFQDN: bool(35).pointer().doc('Whether its host name is the full one.'),
    os: ref(36, podOS).doc('The operating system it is for.'),
    hostUsers: bool(37).pointer().doc("Whether it uses the node's user namespace; true when not given."),
    schedulingGates: list(38, podSchedulingGate)
      .mapKeys('name')
      .patchMerge('name')
      .doc('What keeps it from being scheduled yet.'),
    resourceClaims: list(39, podResourceClaim)
      .mapKeys('name')
      .patchMerge('name', 'retainKeys')
      .doc('ResourceClaims that must be there before it starts.'),
    resources: ref(40, resourceRequirements).doc('What all its containers together may use and what is kept for them.'),
    hostnameOverride: string(41).pointer().doc('Its host name, whatever the other fields say.'),
    schedulingGroup: ref(43, podSchedulingGroup).doc('The group of pods it is scheduled with.'),
  },
  {
    doc: 'What a pod is made of, and how and where it runs.',
    defaults(spec) {
      defaultPodSpec(spec)
    },
    validate(spec, at) {
      validatePodSpec(spec, at)
    },
  },
)
export interface PodSpec extends Infer<typeof podSpec> {}
