import { deepEqual } from '../../apimachinery/json.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import { IMMUTABLE_MESSAGE } from '../../apimachinery/validation/names.ts'
import type { CSIDriverSpec, TokenRequest } from './csidriver.ts'

/** The rules of CSI drivers, after upstream's pkg/apis/storage/validation. */

const MODES = ['Ephemeral', 'Persistent']
const MIN_EXPIRATION = 600
const MAX_EXPIRATION = 2 ** 32
const MIN_UPDATE_PERIOD = 10

function validateTokenRequests(requests: readonly TokenRequest[], at: At): void {
  const audiences = new Set<string>()
  requests.forEach(({ audience, expirationSeconds: seconds }, i) => {
    const place = at.index(i)
    if (audiences.has(audience)) {
      place.child('audience').duplicate(audience)
      return
    }
    audiences.add(audience)
    if (seconds === undefined) return
    if (seconds < MIN_EXPIRATION) {
      place.child('expirationSeconds').invalid(seconds, 'may not specify a duration less than 10 minutes')
    }
    if (seconds > MAX_EXPIRATION) {
      place.child('expirationSeconds').invalid(seconds, 'may not specify a duration larger than 2^32 seconds')
    }
  })
}

export function validateCSIDriver(spec: CSIDriverSpec, at: At): void {
  validateTokenRequests(spec.tokenRequests ?? [], at.child('tokenRequests'))
  for (const mode of spec.volumeLifecycleModes ?? []) {
    if (!MODES.includes(mode)) at.child('volumeLifecycleModes').notSupported(mode, MODES)
  }
  const period = spec.nodeAllocatableUpdatePeriodSeconds
  if (period !== undefined && period < MIN_UPDATE_PERIOD) {
    at.child('nodeAllocatableUpdatePeriodSeconds').invalid(period, 'must be greater than or equal to 10 seconds')
  }
  if (spec.serviceAccountTokenInSecrets !== undefined && !spec.tokenRequests?.length) {
    at.child('serviceAccountTokenInSecrets').invalid(
      spec.serviceAccountTokenInSecrets,
      'serviceAccountTokenInSecrets is set but no tokenRequests are specified',
    )
  }
}

/** The path says attachedRequired, as upstream's does. */
export function validateCSIDriverUpdate(now: CSIDriverSpec, old: CSIDriverSpec, at: At): void {
  if (now.attachRequired !== old.attachRequired) {
    at.child('attachedRequired').invalid(now.attachRequired, IMMUTABLE_MESSAGE)
  }
  if (!deepEqual(now.volumeLifecycleModes, old.volumeLifecycleModes)) {
    at.child('volumeLifecycleModes').invalid(now.volumeLifecycleModes, IMMUTABLE_MESSAGE)
  }
}
