import { type Infer, int64, message, string, time } from '../schema/types.ts'
import type { At } from '../validation/at.ts'
import { validateLabelName } from '../validation/labels.ts'
import { patternMessage } from '../validation/names.ts'

/** One observation about an object (meta/v1 Condition), for kinds that do not have a condition type of their own. */
export const condition = message(
  'k8s.io.apimachinery.pkg.apis.meta.v1.Condition',
  {
    type: string(1).present().doc('What is observed, in CamelCase.'),
    status: string(2).present().doc('True, False or Unknown.'),
    observedGeneration: int64(3).doc('The metadata.generation that the observation was made at.'),
    lastTransitionTime: time(4).present().doc('When the status last changed.'),
    reason: string(5).present().doc('Why it last changed, as one CamelCase word.'),
    message: string(6).present().doc('The same for human readers.'),
  },
  { doc: 'One observation about the current state of an object.' },
)
export interface Condition extends Infer<typeof condition> {}

const REASON = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?'
const reasonRegex = new RegExp(`^${REASON}$`)
const MAX_REASON = 1024
const MAX_MESSAGE = 32 * 1024

function validateCondition(condition: Condition, at: At): void {
  validateLabelName(condition.type, at.child('type'))
  if (!['True', 'False', 'Unknown'].includes(condition.status)) {
    at.child('status').notSupported(condition.status, ['False', 'True', 'Unknown'])
  }
  if ((condition.observedGeneration ?? 0) < 0) {
    at.child('observedGeneration').invalid(condition.observedGeneration, 'must be greater than or equal to zero')
  }
  if (!condition.lastTransitionTime) at.child('lastTransitionTime').required()
  const reason = at.child('reason')
  if (condition.reason === '') {
    reason.required()
  } else {
    if (!reasonRegex.test(condition.reason)) {
      reason.invalid(
        condition.reason,
        patternMessage(
          "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'",
          REASON,
          'my_name',
          'MY_NAME',
          'MyName',
          'ReasonA,ReasonB',
          'ReasonA:ReasonB',
        ),
      )
    }
    if (Buffer.byteLength(condition.reason) > MAX_REASON) reason.tooLong(MAX_REASON)
  }
  if (Buffer.byteLength(condition.message) > MAX_MESSAGE) at.child('message').tooLong(MAX_MESSAGE)
}

/** Checks a list of conditions; each type may stand there once. */
export function validateConditions(conditions: readonly Condition[] | undefined, at: At): void {
  const seen = new Set<string>()
  conditions?.forEach((condition, i) => {
    if (seen.has(condition.type)) at.index(i).child('type').duplicate(condition.type)
    seen.add(condition.type)
    validateCondition(condition, at.index(i))
  })
}
