import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { list } from '../../apimachinery/schema/types.ts'
import { age, count } from '../columns.ts'
import { validateWebhooks } from './webhook-rules.ts'
import { mutatingWebhook } from './webhooks.ts'

const fields = {
  webhooks: list(2, mutatingWebhook).mapKeys('name').patchMerge('name').doc('The webhooks.'),
}
export interface MutatingWebhookConfiguration extends ObjectOf<typeof fields> {}

const columns: readonly Column<MutatingWebhookConfiguration>[] = [
  count('Webhooks', ({ webhooks = [] }) => webhooks.length, 'How many webhooks there are.'),
  age,
]

export const mutatingWebhookConfiguration = kind({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingWebhookConfiguration',
  plural: 'mutatingwebhookconfigurations',
  categories: ['api-extensions'],
  scope: 'Cluster',
  doc: 'Webhooks that can change objects.',
  fields,
  tracksGeneration: true,
  validate({ webhooks = [] }, at) {
    validateWebhooks(webhooks, at.child('webhooks'))
  },
  columns,
})
