import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, int32, list, message, ref, string, time } from '../../apimachinery/schema/types.ts'
import { age, column } from '../columns.ts'
import { validateConditionTypes } from './condition-rules.ts'
import { isMandatoryPriorityLevel } from './mandatory.ts'
import { validateLimitResponse, validatePriorityLevel, validateQueuing } from './prioritylevelconfiguration-rules.ts'

export const queuingConfiguration = message(
  'k8s.io.api.flowcontrol.v1.QueuingConfiguration',
  {
    queues: int32(1).default(64).doc('How many queues.'),
    handSize: int32(2).default(8).doc('To how many of them one flow may go.'),
    queueLengthLimit: int32(3).default(50).doc('How many requests may wait in one.'),
  },
  {
    doc: 'How requests wait.',
    validate(queuing, at) {
      validateQueuing(queuing, at)
    },
  },
)
export interface QueuingConfiguration extends Infer<typeof queuingConfiguration> {}

export const limitResponse = message(
  'k8s.io.api.flowcontrol.v1.LimitResponse',
  {
    type: string(1).present().doc('Queue or Reject.'),
    queuing: ref(2, queuingConfiguration).doc('For Queue: how they wait.'),
  },
  {
    doc: 'What becomes of requests that there is no room for.',
    validate(response, at) {
      validateLimitResponse(response, at)
    },
  },
)
export interface LimitResponse extends Infer<typeof limitResponse> {}

export const limitedPriorityLevelConfiguration = message(
  'k8s.io.api.flowcontrol.v1.LimitedPriorityLevelConfiguration',
  {
    nominalConcurrencyShares: int32(1).pointer().default(30).doc("Its shares of the server's room."),
    limitResponse: ref(2, limitResponse).always().doc('What becomes of requests that there is no room for.'),
    lendablePercent: int32(3).pointer().default(0).doc('How much of its room others may borrow.'),
    borrowingLimitPercent: int32(4).pointer().doc('How much it may borrow from others; no limit when left out.'),
  },
  { doc: 'A priority level with limited room.' },
)
export interface LimitedPriorityLevelConfiguration extends Infer<typeof limitedPriorityLevelConfiguration> {}

export const exemptPriorityLevelConfiguration = message(
  'k8s.io.api.flowcontrol.v1.ExemptPriorityLevelConfiguration',
  {
    nominalConcurrencyShares: int32(1).pointer().default(0).doc('Shares that it lends from.'),
    lendablePercent: int32(2).pointer().default(0).doc('How much of them others may borrow.'),
  },
  { doc: 'A priority level without limits.' },
)
export interface ExemptPriorityLevelConfiguration extends Infer<typeof exemptPriorityLevelConfiguration> {}

export const priorityLevelConfigurationSpec = message(
  'k8s.io.api.flowcontrol.v1.PriorityLevelConfigurationSpec',
  {
    type: string(1).present().doc('Limited or Exempt.'),
    limited: ref(2, limitedPriorityLevelConfiguration).doc('For Limited.'),
    exempt: ref(3, exemptPriorityLevelConfiguration).doc('For Exempt.'),
  },
  { doc: 'How much room a priority level has.' },
)
export interface PriorityLevelConfigurationSpec extends Infer<typeof priorityLevelConfigurationSpec> {}

export const priorityLevelConfigurationCondition = message(
  'k8s.io.api.flowcontrol.v1.PriorityLevelConfigurationCondition',
  {
    type: string(1).doc('What is observed.'),
    status: string(2).doc('True, False or Unknown.'),
    lastTransitionTime: time(3).doc('When the status last changed.'),
    reason: string(4).doc('Why it last changed, as one CamelCase word.'),
    message: string(5).doc('The same for human readers.'),
  },
  { doc: 'One observation about a priority level.' },
)

export const priorityLevelConfigurationStatus = message(
  'k8s.io.api.flowcontrol.v1.PriorityLevelConfigurationStatus',
  {
    conditions: list(1, priorityLevelConfigurationCondition)
      .mapKeys('type')
      .patchMerge('type')
      .doc('Observations, by type.'),
  },
  { doc: 'What is known of a priority level.' },
)

const fields = {
  spec: ref(2, priorityLevelConfigurationSpec).always().doc('How much room it has.'),
  status: ref(3, priorityLevelConfigurationStatus).always().doc('What is known of it.'),
}
export interface PriorityLevelConfiguration extends ObjectOf<typeof fields> {}

const queuing = ({ spec }: PriorityLevelConfiguration) => spec.limited?.limitResponse.queuing

const columns: readonly Column<PriorityLevelConfiguration>[] = [
  column('Type', ({ spec }) => spec.type, 'Limited or Exempt.'),
  column(
    'NominalConcurrencyShares',
    ({ spec }) => spec.limited?.nominalConcurrencyShares ?? '<none>',
    "Its shares of the server's room.",
  ),
  column('Queues', level => queuing(level)?.queues ?? '<none>', 'How many queues.'),
  column('HandSize', level => queuing(level)?.handSize ?? '<none>', 'To how many of them one flow may go.'),
  column('QueueLengthLimit', level => queuing(level)?.queueLengthLimit ?? '<none>', 'How many may wait in one.'),
  age,
]

export const priorityLevelConfiguration = kind({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'PriorityLevelConfiguration',
  plural: 'prioritylevelconfigurations',
  scope: 'Cluster',
  doc: 'How much room the requests of a priority level have.',
  fields,
  subresources: { status: true },
  validate({ metadata, spec, status }, at) {
    const name = metadata.name ?? ''
    validatePriorityLevel(name, spec, at.child('spec'))
    if (!isMandatoryPriorityLevel(name, spec)) {
      const except = name === 'exempt' ? " except the 'spec.exempt' field" : ''
      at.child('spec').invalid(spec, `spec of '${name}'${except} must equal the fixed value`)
    }
    validateConditionTypes(status.conditions, at.child('status', 'conditions'))
  },
  validateStatusUpdate({ status }, _old, at) {
    validateConditionTypes(status.conditions, at.child('status', 'conditions'))
  },
  columns,
})
