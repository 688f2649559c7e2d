import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, list, message, string } from '../../apimachinery/schema/types.ts'
import { column } from '../columns.ts'

export const componentCondition = message(
  'k8s.io.api.core.v1.ComponentCondition',
  {
    type: string(1).present().doc('Healthy.'),
    status: string(2).present().doc('True, False or Unknown.'),
    message: string(3).doc('What it says, for human readers.'),
    error: string(4).doc('What is wrong.'),
  },
  {
    doc: 'Whether a part of the control plane is well.',
  },
)
export interface ComponentCondition extends Infer<typeof componentCondition> {}

const fields = {
  conditions: list(2, componentCondition).mapKeys('type').patchMerge('type').doc('Observations, by type.'),
}
export interface ComponentStatus extends ObjectOf<typeof fields> {}

/** The condition that tells whether a component is well, and the word for it. */
function healthOf(conditions: readonly ComponentCondition[] = []) {
  const healthy = conditions.find(({ type }) => type === 'Healthy')
  return healthy && { ...healthy, word: healthy.status === 'True' ? 'Healthy' : 'Unhealthy' }
}

const columns: readonly Column<ComponentStatus>[] = [
  column('Status', ({ conditions }) => healthOf(conditions)?.word ?? 'Unknown', 'Whether it is well.'),
  column('Message', ({ conditions }) => healthOf(conditions)?.message ?? '', 'What it says.'),
  column('Error', ({ conditions }) => healthOf(conditions)?.error ?? '', 'What is wrong.'),
]

export const componentStatus = kind({
  group: '',
  version: 'v1',
  kind: 'ComponentStatus',
  plural: 'componentstatuses',
  shortNames: ['cs'],
  scope: 'Cluster',
  doc: 'Whether a part of the control plane is well; deprecated, see /healthz.',
  fields,
  verbs: ['get', 'list'],
  deprecated: { warning: 'v1 ComponentStatus is deprecated in v1.19+' },
  columns,
})
