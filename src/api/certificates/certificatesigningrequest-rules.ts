import { deepEqual } from '../../apimachinery/json.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import { validateSignerName } from '../core/pod/signer-name.ts'
import type { CertificateSigningRequest, CertificateSigningRequestStatus } from './certificatesigningrequest.ts'

const USAGES = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
]
const MIN_SECONDS = 600

/** What became of a request, as Approved,Issued. */
export function stateOf({ conditions = [], certificate }: CertificateSigningRequestStatus): string {
  const has = (type: string) => conditions.some(condition => condition.type === type)
  const decided = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending'
  return [decided, has('Failed') && 'Failed', certificate && 'Issued'].filter(Boolean).join(',')
}

function validateUsages(usages: readonly string[], at: At): void {
  if (usages.length === 0) at.required('usages must contain at least one value')
  usages.forEach((usage, i) => {
    if (!USAGES.includes(usage)) at.index(i).notSupported(usage, USAGES)
    if (usages.indexOf(usage) < i) at.index(i).duplicate(usage)
  })
}

/** `legacySigner`: a signer that only the old version may name; that version's usages are not checked either. */
export function validateRequest(
  { spec, status }: CertificateSigningRequest,
  at: At,
  { legacySigner }: { readonly legacySigner?: string } = {},
): void {
  const place = at.child('spec')
  const pem = Buffer.from(spec.request, 'base64').toString()
  if (spec.request && !/-----BEGIN (NEW )?CERTIFICATE REQUEST-----/.test(pem)) {
    place.child('request').invalid(spec.request, 'PEM block type must be CERTIFICATE REQUEST')
  }
  if (legacySigner === undefined) validateUsages(spec.usages ?? [], place.child('usages'))
  if (spec.signerName === 'kubernetes.io/legacy-unknown' && spec.signerName !== legacySigner) {
    place.child('signerName').invalid(spec.signerName, 'the legacy signerName is not allowed via this API version')
  } else if (spec.signerName !== legacySigner) {
    validateSignerName(spec.signerName, place.child('signerName'))
  }
  if (spec.expirationSeconds !== undefined && spec.expirationSeconds < MIN_SECONDS) {
    place
      .child('expirationSeconds')
      .invalid(spec.expirationSeconds, `may not specify a duration less than ${MIN_SECONDS} seconds (10 minutes)`)
  }
  const types = (status.conditions ?? []).map(({ type }) => type)
  if (types.includes('Approved') && types.includes('Denied')) {
    at.child('status', 'conditions').invalid(types, 'Approved and Denied conditions are mutually exclusive')
  }
}

export function validateRequestUpdate(
  request: CertificateSigningRequest,
  old: CertificateSigningRequest,
  at: At,
): void {
  if (!deepEqual(request.spec, old.spec)) at.child('spec').invalid(request.spec, 'field is immutable')
}
