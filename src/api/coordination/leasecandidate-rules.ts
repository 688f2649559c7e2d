import { compareSemver, Semver } from '../../apimachinery/cel/library/semver.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import { validateStrategy } from './lease-rules.ts'
import type { LeaseCandidateSpec } from './leasecandidate.ts'

/** The rules of candidates, after upstream's pkg/apis/coordination/validation. */

function parsed(text: string, at: At): Semver | undefined {
  if (text === '') return undefined
  try {
    return new Semver(text)
  } catch {
    at.invalid(text, 'must be a valid semantic version')
    return undefined
  }
}

export function validateLeaseCandidate(spec: LeaseCandidateSpec, at: At): void {
  const { leaseName, emulationVersion = '', binaryVersion, strategy } = spec
  if (leaseName === '') at.child('leaseName').required()
  const emulated = parsed(emulationVersion, at.child('emulationVersion'))
  const binary = parsed(binaryVersion, at.child('binaryVersion'))
  if (binaryVersion === '') at.child('binaryVersion').required()
  if (binary && emulated && compareSemver(binary, emulated) < 0) {
    at.child('binaryVersion').invalid(binaryVersion, 'must be greater than or equal to `emulationVersion`')
  }
  if (!strategy) return
  if (strategy === 'OldestEmulationVersion' && !emulated) {
    at.child('emulationVersion').required("must be specified when `strategy` is 'OldestEmulationVersion'")
  }
  validateStrategy(strategy, at.child('strategy'))
}
