import { objectMeta } from '../../apimachinery/meta/object-meta.ts'
import { kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, message, ref } from '../../apimachinery/schema/types.ts'
import { validateLabels } from '../../apimachinery/validation/labels.ts'
import { validateAnnotations } from '../../apimachinery/validation/object-meta.ts'
import { age } from '../columns.ts'
import { resourceClaimSpec } from './claim.ts'

export const resourceClaimTemplateSpec = message(
  'k8s.io.api.resource.v1.ResourceClaimTemplateSpec',
  {
    metadata: ref(1, objectMeta).always().doc('Labels and annotations of the claims.'),
    spec: ref(2, resourceClaimSpec).present().doc('What the claims ask for.'),
  },
  {
    doc: 'What claims are made from.',
    validate({ metadata }, at) {
      validateLabels(metadata.labels, at.child('metadata', 'labels'))
      validateAnnotations(metadata.annotations, at.child('metadata', 'annotations'))
    },
  },
)
export interface ResourceClaimTemplateSpec extends Infer<typeof resourceClaimTemplateSpec> {}

const fields = {
  spec: ref(2, resourceClaimTemplateSpec).present().immutable().doc('What the claims are made from.'),
}
export interface ResourceClaimTemplate extends ObjectOf<typeof fields> {}

export const resourceClaimTemplate = kind({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaimTemplate',
  plural: 'resourceclaimtemplates',
  scope: 'Namespaced',
  doc: 'What the ResourceClaims of pods are made from, one for each pod.',
  fields,
  tracksGeneration: false,
  columns: [age],
})
