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
  time,
  types,
} from '../../../apimachinery/schema/types.ts'
import { resourceRequirements } from './resources.ts'

export const containerStateWaiting = message(
  'k8s.io.api.core.v1.ContainerStateWaiting',
  {
    reason: string(1).doc('Why, as one CamelCase word: ContainerCreating, CrashLoopBackOff, ...'),
    message: string(2).doc('The same for human readers.'),
  },
  {
    doc: 'A container that does not run yet, or not any more.',
  },
)
export interface ContainerStateWaiting extends Infer<typeof containerStateWaiting> {}

export const containerStateRunning = message(
  'k8s.io.api.core.v1.ContainerStateRunning',
  {
    startedAt: time(1).doc('Since when.'),
  },
  {
    doc: 'A container that runs.',
  },
)
export interface ContainerStateRunning extends Infer<typeof containerStateRunning> {}

export const containerStateTerminated = message(
  'k8s.io.api.core.v1.ContainerStateTerminated',
  {
    exitCode: int32(1).present().doc('Its exit code.'),
    signal: int32(2).doc('The signal that ended it.'),
    reason: string(3).doc('Why, as one CamelCase word: Completed, Error, OOMKilled, ...'),
    message: string(4).doc('Its last words.'),
    startedAt: time(5).doc('When it started.'),
    finishedAt: time(6).doc('When it ended.'),
    containerID: string(7).doc('Its id, as containerd://...'),
  },
  {
    doc: 'A container that has ended.',
  },
)
export interface ContainerStateTerminated extends Infer<typeof containerStateTerminated> {}

export const containerState = message(
  'k8s.io.api.core.v1.ContainerState',
  {
    waiting: ref(1, containerStateWaiting).doc('It does not run.'),
    running: ref(2, containerStateRunning).doc('It runs.'),
    terminated: ref(3, containerStateTerminated).doc('It has ended.'),
  },
  {
    doc: 'What a container is doing; at most one is set, none means waiting.',
  },
)
export interface ContainerState extends Infer<typeof containerState> {}

export const imageVolumeStatus = message(
  'k8s.io.api.core.v1.ImageVolumeStatus',
  {
    imageRef: string(1).present().doc('Digest of the image that is mounted.'),
  },
  {
    doc: 'The state of an image volume.',
  },
)
export interface ImageVolumeStatus extends Infer<typeof imageVolumeStatus> {}

export const volumeStatus = message(
  'k8s.io.api.core.v1.VolumeStatus',
  {
    image: ref(1, imageVolumeStatus).doc('For image volumes: the image.'),
  },
  {
    doc: 'The state of a mounted volume.',
  },
)
export interface VolumeStatus extends Infer<typeof volumeStatus> {}

export const volumeMountStatus = message(
  'k8s.io.api.core.v1.VolumeMountStatus',
  {
    name: string(1).present().doc('Name of the volume.'),
    mountPath: string(2).present().doc('Where it appears.'),
    readOnly: bool(3).doc('Whether it is read-only.'),
    recursiveReadOnly: string(4).pointer().doc('Whether that holds for mounts below it: Disabled or Enabled.'),
    volumeStatus: ref(5, volumeStatus).doc('The state of the volume.'),
  },
  {
    doc: 'A volume as it is mounted.',
  },
)
export interface VolumeMountStatus extends Infer<typeof volumeMountStatus> {}

export const linuxContainerUser = message(
  'k8s.io.api.core.v1.LinuxContainerUser',
  {
    uid: int64(1).present().doc('Its user id.'),
    gid: int64(2).present().doc('Its group id.'),
    supplementalGroups: list(3, types.int64).atomic().doc('Its further groups.'),
  },
  {
    doc: "The identity of a Linux container's first process.",
  },
)
export interface LinuxContainerUser extends Infer<typeof linuxContainerUser> {}

export const containerUser = message(
  'k8s.io.api.core.v1.ContainerUser',
  {
    linux: ref(1, linuxContainerUser).doc('For Linux containers.'),
  },
  {
    doc: "The identity of a container's first process.",
  },
)
export interface ContainerUser extends Infer<typeof containerUser> {}

export const resourceHealth = message(
  'k8s.io.api.core.v1.ResourceHealth',
  {
    resourceID: string(1).present().doc('Its id.'),
    health: string(2).doc('Healthy, Unhealthy or Unknown.'),
    message: string(6).pointer().doc('More about it, for human readers.'),
  },
  {
    doc: 'The health of one device or claim.',
  },
)
export interface ResourceHealth extends Infer<typeof resourceHealth> {}

export const resourceStatus = message(
  'k8s.io.api.core.v1.ResourceStatus',
  {
    name: string(1).present().doc('The resource, or claim:CLAIM/REQUEST.'),
    resources: list(2, resourceHealth).mapKeys('resourceID').doc('Each of its units.'),
  },
  {
    doc: 'The health of the resources a container was given.',
  },
)
export interface ResourceStatus extends Infer<typeof resourceStatus> {}

export const containerStatus = message(
  'k8s.io.api.core.v1.ContainerStatus',
  {
    name: string(1).present().doc('Its name.'),
    state: ref(2, containerState).always().doc('What it is doing.'),
    lastState: ref(3, containerState).always().doc('How it ended the last time.'),
    ready: bool(4).present().doc('Whether it may get traffic.'),
    restartCount: int32(5).present().doc('How often it was restarted.'),
    image: string(6).present().doc('The image it runs.'),
    imageID: string(7).present().doc('Digest of that image.'),
    containerID: string(8).doc('Its id, as containerd://...'),
    started: bool(9).pointer().doc('Whether it has passed its startup probe and postStart.'),
    allocatedResources: map(10, types.quantity).doc('What the node keeps for it.'),
    resources: ref(11, resourceRequirements).doc('The limits and requests in force.'),
    volumeMounts: list(12, volumeMountStatus)
      .mapKeys('mountPath')
      .patchMerge('mountPath')
      .doc('Its volumes as they are mounted.'),
    user: ref(13, containerUser).doc('The identity of its first process.'),
    allocatedResourcesStatus: list(14, resourceStatus)
      .mapKeys('name')
      .patchMerge('name')
      .doc('The health of its devices.'),
    stopSignal: string(15).pointer().doc('The signal that asks it to end.'),
  },
  {
    doc: 'What is known of a container.',
  },
)
export interface ContainerStatus extends Infer<typeof containerStatus> {}
