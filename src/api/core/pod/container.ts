import {
  bool,
  type Infer,
  inline,
  int32,
  list,
  message,
  ref,
  string,
  types,
} from '../../../apimachinery/schema/types.ts'
import { isDNS1123Label } from '../../../apimachinery/validation/names.ts'
import { defaultContainer } from './container-defaults.ts'
import { validateContainerPort } from './container-rules.ts'
import { envFromSource, envVar } from './env.ts'
import { lifecycle, probe } from './probe.ts'
import { containerResizePolicy, resourceRequirements } from './resources.ts'
import { securityContext } from './security-context.ts'

export const containerPort = message(
  'k8s.io.api.core.v1.ContainerPort',
  {
    name: string(1).doc('A name to refer to it by; unique in the pod.'),
    hostPort: int32(2).min(1).max(65535).doc('The port on the node that leads to it.'),
    containerPort: int32(3).required().min(1).max(65535).doc("The port in the pod's network."),
    protocol: string(4).default('TCP').oneOf('TCP', 'UDP', 'SCTP').doc('TCP, UDP or SCTP.'),
    hostIP: string(5).doc("The node's address that the host port is bound to."),
  },
  {
    doc: 'A port that a container listens on.',
    validate(port, at) {
      validateContainerPort(port, at)
    },
  },
)
export interface ContainerPort extends Infer<typeof containerPort> {}

export const volumeMount = message(
  'k8s.io.api.core.v1.VolumeMount',
  {
    name: string(1).required().doc('Name of the volume.'),
    readOnly: bool(2).doc('Whether the container may only read it.'),
    recursiveReadOnly: string(7)
      .pointer()
      .doc('Whether read-only holds for mounts below it: Disabled, IfPossible or Enabled.'),
    mountPath: string(3).required().doc('Where it appears in the container; without `:`.'),
    subPath: string(4).doc('The part of the volume to show instead of its root.'),
    mountPropagation: string(5)
      .pointer()
      .oneOf('None', 'HostToContainer', 'Bidirectional')
      .doc('Which way mounts spread: None, HostToContainer or Bidirectional.'),
    subPathExpr: string(6).doc('As subPath, with $(NAME) standing for environment variables.'),
  },
  {
    doc: 'A volume of the pod, seen in a container.',
  },
)
export interface VolumeMount extends Infer<typeof volumeMount> {}

export const volumeDevice = message(
  'k8s.io.api.core.v1.VolumeDevice',
  {
    name: string(1).required().doc('Name of the volume, a PersistentVolumeClaim.'),
    devicePath: string(2).required().doc('Path of the device in the container.'),
  },
  {
    doc: 'A block volume of the pod, seen as a device in a container.',
  },
)
export interface VolumeDevice extends Infer<typeof volumeDevice> {}

export const containerRestartRuleOnExitCodes = message(
  'k8s.io.api.core.v1.ContainerRestartRuleOnExitCodes',
  {
    operator: string(1).required().oneOf('In', 'NotIn').doc('In or NotIn.'),
    values: list(2, types.int32).set().doc('The exit codes, 255 at most.'),
  },
  {
    doc: 'Which exit codes a rule is about.',
  },
)
export interface ContainerRestartRuleOnExitCodes extends Infer<typeof containerRestartRuleOnExitCodes> {}

export const containerRestartRule = message(
  'k8s.io.api.core.v1.ContainerRestartRule',
  {
    action: string(1).required().oneOf('Restart', 'RestartAllContainers').doc('Restart or RestartAllContainers.'),
    exitCodes: ref(2, containerRestartRuleOnExitCodes).doc('The exit codes it is about.'),
  },
  {
    doc: 'What to do when a container ends in a certain way.',
  },
)
export interface ContainerRestartRule extends Infer<typeof containerRestartRule> {}

/** Fields of every container, ephemeral ones included. */
export const containerFields = {
  name: string(1).required().format(isDNS1123Label).doc('Its name, a DNS label; unique in the pod.'),
  image: string(2).doc('Its image.'),
  command: list(3, types.string)
    .atomic()
    .doc("The program to run instead of the image's entrypoint; $(NAME) stands for environment variables."),
  args: list(4, types.string).atomic().doc("Arguments to the program instead of the image's."),
  workingDir: string(5).doc("The directory to start in; the image's own by default."),
  ports: list(6, containerPort)
    .mapKeys('containerPort', 'protocol')
    .patchMerge('containerPort')
    .doc('The ports it listens on; informational save for host ports and names.'),
  envFrom: list(19, envFromSource).atomic().doc('Environment variables from whole ConfigMaps and Secrets.'),
  env: list(7, envVar).mapKeys('name').patchMerge('name').doc('Environment variables; they go before envFrom.'),
  resources: ref(8, resourceRequirements).always().doc('What it may use and what is kept for it.'),
  resizePolicy: list(23, containerResizePolicy).atomic().doc('Whether it restarts when its resources change.'),
  restartPolicy: string(24)
    .pointer()
    .oneOf('Always', 'OnFailure', 'Never')
    .doc('Always makes an init container a sidecar; with restartPolicyRules also OnFailure and Never.'),
  restartPolicyRules: list(25, containerRestartRule)
    .atomic()
    .doc('What to do by exit code; the first that fits counts.'),
  volumeMounts: list(9, volumeMount).mapKeys('mountPath').patchMerge('mountPath').doc('Volumes it sees as files.'),
  volumeDevices: list(21, volumeDevice)
    .mapKeys('devicePath')
    .patchMerge('devicePath')
    .doc('Volumes it sees as devices.'),
  livenessProbe: ref(10, probe).doc('When this fails the container is killed.'),
  readinessProbe: ref(11, probe).doc('When this fails the pod gets no traffic from Services.'),
  startupProbe: ref(22, probe).doc('Until this succeeds the others wait; when it fails the container is killed.'),
  lifecycle: ref(12, lifecycle).doc('What happens after its start and before its end.'),
  terminationMessagePath: string(13)
    .default('/dev/termination-log')
    .doc('The file whose contents become its last words in the status.'),
  terminationMessagePolicy: string(20)
    .default('File')
    .oneOf('File', 'FallbackToLogsOnError')
    .doc("File, or FallbackToLogsOnError: the log's end when the file is empty and it failed."),
  imagePullPolicy: string(14)
    .oneOf('Always', 'IfNotPresent', 'Never')
    .doc('Always, IfNotPresent or Never; Always by default for the tag latest.'),
  securityContext: ref(15, securityContext).doc('What its processes may do.'),
  stdin: bool(16).doc('Whether it keeps a standard input.'),
  stdinOnce: bool(17).doc('Whether that closes when the first client detaches.'),
  tty: bool(18).doc('Whether it has a terminal; needs stdin.'),
}

/** A container of a pod. */
export const container = message('k8s.io.api.core.v1.Container', containerFields, {
  doc: 'A container of a pod: an image and how to run it.',
  defaults(container) {
    defaultContainer(container)
  },
})
export interface Container extends Infer<typeof container> {}

/** A container added to a running pod, to look into it. */
export const ephemeralContainer = message(
  'k8s.io.api.core.v1.EphemeralContainer',
  {
    ...inline(1, containerFields),
    targetContainerName: string(2).doc('The container whose process namespace it joins.'),
  },
  {
    doc: 'A container added to a running pod, to look into it; it is never restarted and may not use ports, probes or resources.',
    defaults(container) {
      defaultContainer(container)
    },
  },
)
export interface EphemeralContainer extends Infer<typeof ephemeralContainer> {}
