import { objectMeta } from '../../apimachinery/meta/object-meta.ts'
import { type Infer, message, ref } from '../../apimachinery/schema/types.ts'
import { podSpec } from './pod/spec.ts'

export const podTemplateSpec = message(
  'k8s.io.api.core.v1.PodTemplateSpec',
  {
    metadata: ref(1, objectMeta).always().doc('Labels and annotations of the pods.'),
    spec: ref(2, podSpec).always().doc('What the pods are like.'),
  },
  {
    doc: 'What pods are made from.',
  },
)
export interface PodTemplateSpec extends Infer<typeof podTemplateSpec> {}
