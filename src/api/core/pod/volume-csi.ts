import { bool, type Infer, map, message, ref, string, types } from '../../../apimachinery/schema/types.ts'
import { localObjectReference, secretReference } from '../references.ts'
import { validateCSIDriverName } from './volume-rules.ts'

export const csiVolumeSource = message(
  'k8s.io.api.core.v1.CSIVolumeSource',
  {
    driver: string(1).present().doc('Name of the driver.'),
    readOnly: bool(2).pointer().doc('Whether it is mounted read-only.'),
    fsType: string(3).pointer().doc('Its file system.'),
    volumeAttributes: map(4, types.string).doc('What the driver is told about it.'),
    nodePublishSecretRef: ref(5, localObjectReference).doc('The Secret that is given to the driver.'),
  },
  {
    doc: 'A volume that a CSI driver makes for the pod.',
    validate(source, at) {
      validateCSIDriverName(source.driver, at.child('driver'))
    },
  },
)
export interface CSIVolumeSource extends Infer<typeof csiVolumeSource> {}

export const csiPersistentVolumeSource = message(
  'k8s.io.api.core.v1.CSIPersistentVolumeSource',
  {
    driver: string(1).present().doc('Name of the driver.'),
    volumeHandle: string(2).required().doc("The driver's own name for the volume."),
    readOnly: bool(3).doc('Whether it is published read-only.'),
    fsType: string(4).doc('Its file system.'),
    volumeAttributes: map(5, types.string).doc('What the driver is told about it.'),
    controllerPublishSecretRef: ref(6, secretReference).doc('The Secret for attaching and detaching.'),
    nodeStageSecretRef: ref(7, secretReference).doc('The Secret for staging on a node.'),
    nodePublishSecretRef: ref(8, secretReference).doc('The Secret for publishing to a pod.'),
    controllerExpandSecretRef: ref(9, secretReference).doc('The Secret for growing it.'),
    nodeExpandSecretRef: ref(10, secretReference).doc('The Secret for growing it on a node.'),
  },
  {
    doc: 'A volume of a CSI driver.',
    validate(source, at) {
      validateCSIDriverName(source.driver, at.child('driver'))
    },
  },
)
export interface CSIPersistentVolumeSource extends Infer<typeof csiPersistentVolumeSource> {}
