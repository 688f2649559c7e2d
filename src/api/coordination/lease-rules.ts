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
  if (strategy !== undefined && strategy !== 'OldestEmulationVersion') {
    for (const message of isQualifiedName(strategy)) at.child('strategy').invalid(strategy, message)
    if (!strategy.includes('/')) at.child('strategy').notSupported(strategy, ['OldestEmulationVersion'])
  }
  if (preferredHolder && !strategy) {
    at.child('preferredHolder').forbidden('may only be specified when `strategy` is defined')
  }
}
