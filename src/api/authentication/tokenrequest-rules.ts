import type { At } from '../../apimachinery/validation/at.ts'
import type { TokenRequestSpec } from './tokenrequest.ts'

const MIN_SECONDS = 600
const MAX_SECONDS = 2 ** 32

export function validateTokenRequest({ expirationSeconds: seconds }: TokenRequestSpec, at: At): void {
  const place = at.child('expirationSeconds')
  if (seconds < MIN_SECONDS) place.invalid(seconds, 'may not specify a duration less than 10 minutes')
  if (seconds > MAX_SECONDS) place.invalid(seconds, 'may not specify a duration larger than 2^32 seconds')
}
