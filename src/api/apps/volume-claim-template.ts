import { type Infer, message, string } from '../../apimachinery/schema/types.ts'
import { persistentVolumeClaim } from '../core/persistentvolumeclaim.ts'

/**
 * A PersistentVolumeClaim inside another object. It says what it is, as objects of their own do; in protobuf, where that is
 * left out, such fields have number 0.
 */
export const volumeClaimTemplate = message(
  'k8s.io.api.core.v1.PersistentVolumeClaim',
  {
    apiVersion: string(0).default('v1').doc('Version of the API that it is written in.'),
    kind: string(0).default('PersistentVolumeClaim').doc('Its kind.'),
    ...persistentVolumeClaim.message.fields,
  },
  { doc: 'What claims are made from.' },
) as unknown as VolumeClaimTemplateMessage
type VolumeClaimTemplateMessage = typeof persistentVolumeClaim.message
export interface VolumeClaimTemplate extends Infer<VolumeClaimTemplateMessage> {}
