import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, message, ref, string } from '../../apimachinery/schema/types.ts'
import { isDomainPrefixedPath } from '../../apimachinery/validation/names.ts'
import { age, column } from '../columns.ts'
import { validateParameters } from './ingressclass-rules.ts'

export const ingressClassParametersReference = message(
  'k8s.io.api.networking.v1.IngressClassParametersReference',
  {
    apiGroup: string(1).pointer().doc('Its API group; empty for the core group.'),
    kind: string(2).required().doc('Its kind.'),
    name: string(3).required().doc('Its name.'),
    scope: string(4).pointer().default('Cluster').oneOf('Cluster', 'Namespace').doc('Cluster or Namespace.'),
    namespace: string(5).pointer().doc('For Namespace: its namespace.'),
  },
  {
    doc: 'An object with further settings for the controller.',
    validate(reference, at) {
      validateParameters(reference, at)
    },
  },
)
export interface IngressClassParametersReference extends Infer<typeof ingressClassParametersReference> {}

export const ingressClassSpec = message(
  'k8s.io.api.networking.v1.IngressClassSpec',
  {
    controller: string(1)
      .maxLength(250)
      .format(isDomainPrefixedPath)
      .immutable()
      .doc('Name of the controller, as acme.io/ingress-controller.'),
    parameters: ref(2, ingressClassParametersReference).doc('Further settings for the controller.'),
  },
  {
    doc: 'Which controller serves a class.',
  },
)
export interface IngressClassSpec extends Infer<typeof ingressClassSpec> {}

const fields = {
  spec: ref(2, ingressClassSpec).always().doc('Which controller serves it.'),
}
export interface IngressClass extends ObjectOf<typeof fields> {}

function parametersOf({ spec: { parameters } }: IngressClass): string {
  if (!parameters) return '<none>'
  const group = parameters.apiGroup === undefined ? '' : `.${parameters.apiGroup}`
  return `${parameters.kind}${group}/${parameters.name}`
}

const columns: readonly Column<IngressClass>[] = [
  column('Controller', ({ spec }) => spec.controller ?? '', 'The controller.'),
  column('Parameters', parametersOf, 'Further settings for it.'),
  age,
]

export const ingressClass = kind({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  plural: 'ingressclasses',
  scope: 'Cluster',
  doc: 'Says which controller serves Ingresses of a class.',
  fields,
  columns,
})
