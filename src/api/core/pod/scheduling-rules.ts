import type { At } from '../../../apimachinery/validation/at.ts'
import { validateLabelName } from '../../../apimachinery/validation/labels.ts'
import { EMPTY_MESSAGE, isLabelValue } from '../../../apimachinery/validation/names.ts'
import { validateMatchLabelKeys } from './affinity-rules.ts'
import type { PodSchedulingGate, Toleration, TopologySpreadConstraint } from './scheduling.ts'

const OPERATORS = ['Equal', 'Exists', 'Gt', 'Lt']
const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

/** The effect of a taint, or of a toleration, which may leave it empty. */
export function validateTaintEffect(effect: string, at: At): void {
  if (!EFFECTS.includes(effect)) at.notSupported(effect, EFFECTS)
}

function validateNumber(value: string, at: At): void {
  if (value === '') at.invalid(value, EMPTY_MESSAGE)
  else if (!/^(0|-?[1-9]\d*)$/.test(value)) at.invalid(value, 'must be a valid decimal integer in canonical form')
  else if (BigInt.asIntN(64, BigInt(value)) !== BigInt(value)) {
    at.invalid(value, `strconv.ParseInt: parsing ${JSON.stringify(value)}: value out of range`)
  }
}

export function validateToleration(toleration: Toleration, at: At): void {
  const { key, operator = '', value = '', effect = '', tolerationSeconds } = toleration
  if (key) validateLabelName(key, at.child('key'))
  else if (operator !== 'Exists') {
    at.child('operator').invalid(
      operator,
      'operator must be Exists when `key` is empty, which means "match all values and all keys"',
    )
  }
  if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
    at.child('effect').invalid(effect, "effect must be 'NoExecute' when `tolerationSeconds` is set")
  }
  if (operator === 'Equal' || operator === '') {
    const messages = isLabelValue(value)
    if (messages.length > 0) at.child('operator').invalid(value, messages.join(';'))
  } else if (operator === 'Exists') {
    if (value) at.child('operator').invalid(value, "value must be empty when `operator` is 'Exists'")
  } else if (operator === 'Gt' || operator === 'Lt') {
    validateNumber(value, at.child('value'))
  } else {
    at.child('operator').notSupported(operator, OPERATORS)
  }
  if (effect) validateTaintEffect(effect, at.child('effect'))
}

const NODE_POLICIES = ['Honor', 'Ignore']
const ACTIONS = ['DoNotSchedule', 'ScheduleAnyway']
const NOT_POSITIVE = 'must be greater than zero'

export function validateTopologySpreadConstraint(constraint: TopologySpreadConstraint, at: At): void {
  const { maxSkew, topologyKey, whenUnsatisfiable, minDomains } = constraint
  if (maxSkew <= 0) at.child('maxSkew').invalid(maxSkew, NOT_POSITIVE)
  if (topologyKey === '') at.child('topologyKey').required('can not be empty')
  if (!ACTIONS.includes(whenUnsatisfiable)) at.child('whenUnsatisfiable').notSupported(whenUnsatisfiable, ACTIONS)
  if (minDomains !== undefined) {
    const place = at.child('minDomains')
    if (minDomains <= 0) place.invalid(minDomains, NOT_POSITIVE)
    if (whenUnsatisfiable !== 'DoNotSchedule') {
      place.invalid(minDomains, `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`)
    }
  }
  for (const field of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const) {
    const policy = constraint[field]
    if (policy !== undefined && !NODE_POLICIES.includes(policy)) at.child(field).notSupported(policy, NODE_POLICIES)
  }
  validateMatchLabelKeys(constraint.matchLabelKeys, undefined, constraint.labelSelector, at)
}

/** Topology key and what to do otherwise tell constraints apart. */
export function validateSpreadOnce(constraints: readonly TopologySpreadConstraint[], at: At): void {
  constraints.forEach(({ topologyKey, whenUnsatisfiable }, i) => {
    const again = constraints
      .slice(i + 1)
      .some(other => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable)
    if (again) {
      at.index(i).child('{topologyKey, whenUnsatisfiable}').duplicate(`{${topologyKey}, ${whenUnsatisfiable}}`)
    }
  })
}

export function validateGatesOnce(gates: readonly PodSchedulingGate[], at: At): void {
  const seen = new Set<string>()
  gates.forEach(({ name }, i) => {
    if (seen.has(name)) at.index(i).duplicate(name)
    seen.add(name)
  })
}
