import { fieldSelectorRequirement } from '../../apimachinery/meta/field-selector.ts'
import { labelSelectorRequirement } from '../../apimachinery/meta/label-selector.ts'
import { type Infer, list, message, ref, string } from '../../apimachinery/schema/types.ts'

export const labelSelectorAttributes = message(
  'k8s.io.api.authorization.v1.LabelSelectorAttributes',
  {
    rawSelector: string(1).doc('As it stood in the request.'),
    requirements: list(2, labelSelectorRequirement).atomic().doc('Its requirements; all must hold.'),
  },
  {
    doc: 'The label selector of a request.',
  },
)
export interface LabelSelectorAttributes extends Infer<typeof labelSelectorAttributes> {}

export const fieldSelectorAttributes = message(
  'k8s.io.api.authorization.v1.FieldSelectorAttributes',
  {
    rawSelector: string(1).doc('As it stood in the request.'),
    requirements: list(2, fieldSelectorRequirement).atomic().doc('Its requirements; all must hold.'),
  },
  {
    doc: 'The field selector of a request.',
  },
)
export interface FieldSelectorAttributes extends Infer<typeof fieldSelectorAttributes> {}

export const resourceAttributes = message(
  'k8s.io.api.authorization.v1.ResourceAttributes',
  {
    namespace: string(1).doc('The namespace; empty for all, or for cluster-wide resources.'),
    verb: string(2).doc('What is to be done; * for everything.'),
    group: string(3).doc('The API group; * for all.'),
    version: string(4).doc('The version; * for all.'),
    resource: string(5).doc('The resource; * for all.'),
    subresource: string(6).doc('The subresource, if any.'),
    name: string(7).doc('The object; empty for all.'),
    fieldSelector: ref(8, fieldSelectorAttributes).doc('Only objects with such fields.'),
    labelSelector: ref(9, labelSelectorAttributes).doc('Only objects with such labels.'),
  },
  {
    doc: 'A request to a resource.',
  },
)
export interface ResourceAttributes extends Infer<typeof resourceAttributes> {}

export const nonResourceAttributes = message(
  'k8s.io.api.authorization.v1.NonResourceAttributes',
  {
    path: string(1).doc('The path.'),
    verb: string(2).doc('The HTTP method, in lower case.'),
  },
  {
    doc: 'A request to a path besides resources.',
  },
)
export interface NonResourceAttributes extends Infer<typeof nonResourceAttributes> {}
