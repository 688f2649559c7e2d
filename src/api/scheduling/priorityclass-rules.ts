import { own } from '../../apimachinery/own.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import { IMMUTABLE_MESSAGE } from '../../apimachinery/validation/names.ts'
import type { PriorityClass } from './priorityclass.ts'

/** The highest priority that users may give. */
export const MAX_USER_PRIORITY = 1_000_000_000
/** The classes that come with the system, and their priorities. */
export const SYSTEM_PRIORITIES: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
}

export function validatePriorityClass({ metadata, value = 0, globalDefault }: PriorityClass, at: At): void {
  const name = metadata.name ?? ''
  if (name.startsWith('system-')) {
    const known = own(SYSTEM_PRIORITIES, name)
    const problem =
      known === undefined
        ? `${name} is not a known system priority class`
        : known !== value
          ? `value of ${name} PriorityClass must be ${known}`
          : globalDefault
            ? `globalDefault of ${name} PriorityClass must be false`
            : undefined
    if (problem !== undefined) {
      at.child('metadata', 'name').forbidden(
        `priority class names with 'system-' prefix are reserved for system use only. error: ${problem}`,
      )
    }
  } else if (value > MAX_USER_PRIORITY) {
    at.child('value').forbidden(`maximum allowed value of a user defined priority is ${MAX_USER_PRIORITY}`)
  }
}

export function validatePriorityClassUpdate(now: PriorityClass, old: PriorityClass, at: At): void {
  if ((now.value ?? 0) !== (old.value ?? 0)) at.child('value').forbidden('may not be changed in an update.')
  if (now.preemptionPolicy !== old.preemptionPolicy) {
    at.child('preemptionPolicy').invalid(now.preemptionPolicy, IMMUTABLE_MESSAGE)
  }
}
