import { X509Certificate } from 'node:crypto'
import { deepEqual } from '../../apimachinery/json.ts'
import { type Condition, validateConditions } from '../../apimachinery/meta/condition.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import { pemBlocks } from './pem.ts'
import type { PodCertificateRequest, PodCertificateRequestStatus } from './podcertificaterequest.ts'
import { requestedKey } from './podcertificaterequest-rules.ts'

/** The rules of what becomes of requests, after upstream's pkg/apis/certificates/validation. */

const DECISIONS = ['Issued', 'Denied', 'Failed']
const MAX_CHAIN_BYTES = 100 * 1024
const HOUR_MS = 3_600_000
const TEN_MINUTES_MS = 600_000

const decisionOf = ({ conditions = [] }: PodCertificateRequestStatus) =>
  conditions.find(({ type, status }) => DECISIONS.includes(type) && status === 'True')?.type

/** A write to the status leaves everything else as it was, and so a decision that was made. */
export function keepDecisions(request: PodCertificateRequest, old: PodCertificateRequest): void {
  request.spec = old.spec
  request.metadata.ownerReferences = structuredClone(old.metadata.ownerReferences)
  request.status.conditions = request.status.conditions?.map(condition => {
    const before = old.status.conditions?.find(({ type }) => type === condition.type)
    return before && DECISIONS.includes(condition.type) ? before : condition
  })
}

function validateDecisions(conditions: readonly Condition[], at: At): void {
  let decisions = 0
  conditions.forEach(({ type, status }, i) => {
    const place = at.index(i)
    if (!DECISIONS.includes(type)) {
      place.child('type').notSupported(type, DECISIONS)
      return
    }
    decisions++
    if (decisions > 1) {
      place.child('type').invalid(type, 'There may be at most one condition with type "Issued", "Denied", or "Failed"')
    }
    if (status !== 'True') place.child('status').notSupported(status, ['True'])
  })
}

function certificateOf(der: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(der)
  } catch {
    return undefined
  }
}

/** The certificate that was issued; undefined, and told, where the chain is not as it has to be. */
function leafOf(chain: string, request: PodCertificateRequest, at: At): X509Certificate | undefined {
  if (Buffer.byteLength(chain) > MAX_CHAIN_BYTES) {
    at.tooLong(MAX_CHAIN_BYTES)
    return undefined
  }
  const blocks = pemBlocks(chain)
  const certificates = blocks.map(({ der }) => certificateOf(der))
  const [leaf, ...rest] = certificates
  const problem =
    blocks.length === 0
      ? 'issued certificate chain must contain at least one certificate'
      : blocks.some(({ type }) => type !== 'CERTIFICATE')
        ? 'issued certificate chain must consist entirely of CERTIFICATE PEM blocks'
        : !leaf
          ? 'leaf certificate does not parse as valid X.509'
          : rest.includes(undefined)
            ? 'intermediate certificate does not parse as valid X.509'
            : !requestedKey(request.spec)?.equals(leaf.publicKey.export({ format: 'der', type: 'spki' }))
              ? 'leaf certificate was not issued to the requested public key'
              : undefined
  if (problem) at.invalid(chain, problem)
  return problem ? undefined : leaf
}

function validateTimes(request: PodCertificateRequest, leaf: X509Certificate, at: At): void {
  const { notBefore, notAfter, beginRefreshAt } = request.status
  const consistent = 'must be present and consistent with the issued certificate'
  if (!notBefore) at.child('notBefore').required(consistent)
  if (!notAfter) at.child('notAfter').required(consistent)
  if (!beginRefreshAt) {
    at.child('beginRefreshAt').required('must be present and in the range [notbefore+10min, notafter-10min]')
  }
  if (!notBefore || !notAfter || !beginRefreshAt) return
  const [from, to] = [Date.parse(leaf.validFrom), Date.parse(leaf.validTo)]
  const refresh = Date.parse(beginRefreshAt)
  const lifetime = to - from
  const max = request.spec.maxExpirationSeconds
  if (Date.parse(notBefore) !== from) {
    at.child('notBefore').invalid(notBefore, 'must be set to the NotBefore time encoded in the leaf certificate')
  } else if (Date.parse(notAfter) !== to) {
    at.child('notAfter').invalid(notAfter, 'must be set to the NotAfter time encoded in the leaf certificate')
  } else if (lifetime < HOUR_MS) {
    at.child('certificateChain').invalid(lifetime, 'leaf certificate lifetime must be >= 1 hour')
  } else if (lifetime > max * 1000) {
    const detail = `leaf certificate lifetime must be <= spec.maxExpirationSeconds (${max})`
    at.child('certificateChain').invalid(lifetime, detail)
  } else if (refresh < from + TEN_MINUTES_MS) {
    at.child('beginRefreshAt').invalid(beginRefreshAt, 'must be at least 10 minutes after status.notBefore')
  } else if (refresh > to - TEN_MINUTES_MS) {
    at.child('beginRefreshAt').invalid(beginRefreshAt, 'must be at least 10 minutes before status.notAfter')
  }
}

export function validatePodCertificateRequestStatus(
  request: PodCertificateRequest,
  { status: old }: PodCertificateRequest,
  at: At,
): void {
  const { status } = request
  const before = at.errors.length
  validateDecisions(status.conditions ?? [], at.child('conditions'))
  validateConditions(status.conditions, at.child('conditions'))
  if (at.errors.length > before) return
  const refuse = (detail: string) => at.add('FieldValueInvalid', `Invalid value: ${detail}`)
  if (decisionOf(old)) {
    if (!deepEqual(status, old)) {
      refuse('immutable after PodCertificateRequest is issued, denied, or failed')
    }
    return
  }
  const decision = decisionOf(status)
  if (decision === 'Issued') {
    const leaf = leafOf(status.certificateChain ?? '', request, at.child('certificateChain'))
    if (leaf) validateTimes(request, leaf, at)
  } else if (decision) {
    const { conditions: _, ...rest } = status
    if (Object.values(rest).some(value => value !== undefined)) {
      refuse('non-condition status fields must be empty when denying or failing the PodCertificateRequest')
    }
  } else if (!deepEqual(status, old)) {
    refuse('status is immutable unless transitioning to "Issued", "Denied", or "Failed"')
  }
}
