import type { At } from '../../apimachinery/validation/at.ts'
import { isQualifiedName } from '../../apimachinery/validation/names.ts'
import type { LeaseSpec } from './lease.ts'

export function validateLease(spec: LeaseSpec, at: At): void {
  const { leaseDurationSeconds: duration, leaseTransitions: transitions, strategy, preferredHolder } = spec
  if (duration !== undefined && duration <= 0) {
    at.child('leaseDurationSeconds').invalid(duration, 'must be greater than 0')
  }
  if (transitions !== undefined && transitions < 0) {
    at.child('leaseTransitions').invalid(transitions, 'must be greater than or equal to 0')
  }
  if (strategy !== undefined) validateStrategy(strategy, at.child('strategy'))
  if (preferredHolder && !strategy) {
    at.child('preferredHolder').forbidden('may only be specified when `strategy` is defined')
  }
}

/** How a leader is chosen in coordinated election: in a way that is known here, or in one with a domain before its name. */
export function validateStrategy(strategy: string, at: At): void {
  if (strategy === 'OldestEmulationVersion') return
  if (strategy.includes('/')) at.invalidEach(strategy, isQualifiedName(strategy))
  else at.notSupported(strategy, ['OldestEmulationVersion'])
}
