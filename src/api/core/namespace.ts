import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, list, message, ref, string, time, types } from '../../apimachinery/schema/types.ts'
import { nameIsDNSLabel } from '../../apimachinery/validation/names.ts'
import { age, column } from '../columns.ts'
import { prepareNamespace, validateFinalizerNames, validateNamespacePhase } from './namespace-rules.ts'

export const namespaceSpec = message(
  'k8s.io.api.core.v1.NamespaceSpec',
  {
    finalizers: list(1, types.string)
      .atomic()
      .doc('Names that must all be removed before it is gone; kubernetes stands for its contents.'),
  },
  {
    doc: 'What holds a namespace back from going away.',
  },
)
export interface NamespaceSpec extends Infer<typeof namespaceSpec> {}

export const namespaceCondition = message(
  'k8s.io.api.core.v1.NamespaceCondition',
  {
    type: string(1).present().doc('What is observed, as NamespaceContentRemaining.'),
    status: string(2).present().doc('True, False or Unknown.'),
    lastTransitionTime: time(4).doc('When the status last changed.'),
    reason: string(5).doc('Why it last changed, as one CamelCase word.'),
    message: string(6).doc('The same for human readers.'),
  },
  {
    doc: 'One observation about a namespace, while it is being deleted.',
  },
)
export interface NamespaceCondition extends Infer<typeof namespaceCondition> {}

export const namespaceStatus = message(
  'k8s.io.api.core.v1.NamespaceStatus',
  {
    phase: string(1).default('Active').doc('Active or Terminating.'),
    conditions: list(2, namespaceCondition).mapKeys('type').patchMerge('type').doc('Observations, by type.'),
  },
  {
    doc: 'What is known of a namespace.',
  },
)
export interface NamespaceStatus extends Infer<typeof namespaceStatus> {}

const fields = {
  spec: ref(2, namespaceSpec).always().doc('What holds it back from going away.'),
  status: ref(3, namespaceStatus).always().doc('What is known of it.'),
}
export interface Namespace extends ObjectOf<typeof fields> {}

const columns: readonly Column<Namespace>[] = [
  column('Status', namespace => namespace.status.phase, 'Active or Terminating.'),
  age,
]

export const namespace = kind({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  shortNames: ['ns'],
  scope: 'Cluster',
  subresources: { status: true },
  doc: 'A space within which names of objects are unique.',
  fields,
  nameFormat: nameIsDNSLabel,
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  defaults(namespace) {
    if (!namespace.metadata.name) return
    namespace.metadata.labels = {
      ...namespace.metadata.labels,
      'kubernetes.io/metadata.name': namespace.metadata.name,
    }
  },
  prepareForCreate(namespace) {
    prepareNamespace(namespace)
  },
  prepareForUpdate(namespace, old) {
    namespace.spec.finalizers = old.spec.finalizers
  },
  validate(namespace, at) {
    validateFinalizerNames(namespace.spec.finalizers, at.child('spec', 'finalizers'))
  },
  validateStatusUpdate(namespace, _old, at) {
    validateNamespacePhase(namespace, at)
  },
  selectableFields: { 'status.phase': namespace => namespace.status.phase },
  columns,
})
