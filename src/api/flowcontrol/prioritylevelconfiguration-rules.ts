import type { At } from '../../apimachinery/validation/at.ts'
import type {
  LimitResponse,
  PriorityLevelConfigurationSpec,
  QueuingConfiguration,
} from './prioritylevelconfiguration.ts'

/** The rules of priority levels, after upstream's pkg/apis/flowcontrol/validation. */

const MAX_QUEUES = 10_000_000
/** So many bits of a flow's hash choose its queues. */
const MAX_HASH_BITS = 60
const RESPONSES = ['Queue', 'Reject']
const TYPES = ['Exempt', 'Limited']

function validatePercent(percent: number | undefined, at: At): void {
  if (percent !== undefined && (percent < 0 || percent > 100))
    at.invalid(percent, 'must be between 0 and 100, inclusive')
}

export function validateQueuing({ queues, handSize, queueLengthLimit }: QueuingConfiguration, at: At): void {
  if (queueLengthLimit <= 0) at.child('queueLengthLimit').invalid(queueLengthLimit, 'must be positive')
  if (queues <= 0) at.child('queues').invalid(queues, 'must be positive')
  else if (queues > MAX_QUEUES) at.child('queues').invalid(queues, `must not be greater than ${MAX_QUEUES}`)
  const place = at.child('handSize')
  if (handSize <= 0) place.invalid(handSize, 'must be positive')
  else if (handSize > queues) place.invalid(handSize, `should not be greater than queues (${queues})`)
  else if (Math.ceil(Math.log2(queues) * handSize) > MAX_HASH_BITS) {
    place.invalid(
      handSize,
      `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${MAX_HASH_BITS}`,
    )
  }
}

export function validateLimitResponse({ type, queuing }: LimitResponse, at: At): void {
  if (!RESPONSES.includes(type)) at.child('type').notSupported(type, RESPONSES)
  if (type === 'Reject' && queuing) {
    at.child('queuing').forbidden('must be nil if limited.limitResponse.type is not Limited')
  }
  if (type === 'Queue' && !queuing) {
    at.child('queuing').required('must not be empty if limited.limitResponse.type is Limited')
  }
}

export function validatePriorityLevel(name: string, spec: PriorityLevelConfigurationSpec, at: At): void {
  const { type, limited, exempt } = spec
  if ((name === 'exempt') !== (type === 'Exempt')) {
    at.child('type').invalid(type, "type must be 'Exempt' if and only if `name` is 'exempt'")
  }
  if (!TYPES.includes(type)) at.child('type').notSupported(type, TYPES)
  if (type === 'Exempt' && limited) at.child('limited').forbidden('must be nil if the type is not Limited')
  if (type === 'Limited' && exempt) at.child('exempt').forbidden('must be nil if the type is Limited')
  if (type === 'Limited' && !limited) at.child('limited').required('must not be empty when type is Limited')
  for (const [field, level] of Object.entries({ limited, exempt })) {
    if (!level) continue
    const shares = level.nominalConcurrencyShares
    if (shares < 0) {
      at.child(field, 'nominalConcurrencyShares').invalid(shares, 'must be a non-negative integer')
    }
    validatePercent(level.lendablePercent, at.child(field, 'lendablePercent'))
  }
  const borrowing = limited?.borrowingLimitPercent
  if (borrowing !== undefined && borrowing < 0) {
    at.child('limited', 'borrowingLimitPercent').invalid(borrowing, 'if specified, must be a non-negative integer')
  }
}
