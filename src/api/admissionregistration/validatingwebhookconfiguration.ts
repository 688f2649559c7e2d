import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { list } from '../../apimachinery/schema/types.ts'
import { age, count } from '../columns.ts'
import { validateWebhooks } from './webhook-rules.ts'
import { validatingWebhook } from './webhooks.ts'

const fields = {
  webhooks: list(2, validatingWebhook).mapKeys('name').patchMerge('name').doc('The webhooks.'),
}
export interface ValidatingWebhookConfiguration extends ObjectOf<typeof fields> {}

const columns: readonly Column<ValidatingWebhookConfiguration>[] = [
  count('Webhooks', ({ webhooks = [] }) => webhooks.length, 'How many webhooks there are.'),
  age,
]

export const validatingWebhookConfiguration = kind({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  plural: 'validatingwebhookconfigurations',
  categories: ['api-extensions'],
  scope: 'Cluster',
  doc: 'Webhooks that can refuse requests.',
  fields,
  tracksGeneration: true,
  validate({ webhooks = [] }, at) {
    validateWebhooks(webhooks, at.child('webhooks'))
  },
  columns,
})
