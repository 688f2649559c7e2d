import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto'
import type { At } from '../../apimachinery/validation/at.ts'
import { isDNS1123Subdomain } from '../../apimachinery/validation/names.ts'
import { validateAnnotations } from '../../apimachinery/validation/object-meta.ts'
import { validateSignerName } from '../core/pod/signer-name.ts'
import { requestKey } from './pkcs10.ts'
import type { PodCertificateRequestSpec } from './podcertificaterequest.ts'

/** The rules of new requests, after upstream's pkg/apis/certificates/validation. */

const MAX_UID = 128
const MIN_SECONDS = 3_600
const MAX_SECONDS = 91 * 86_400
/** For signers of kubernetes.io. */
const MAX_OWN_SECONDS = 86_400
const MAX_KEY_BYTES = 10 * 1024
const CURVES = ['prime256v1', 'secp384r1', 'secp521r1']
const RSA_BITS = [3072, 4096]

function validateUid(uid: string, at: At): void {
  if (uid === '') at.invalid(uid, 'must not be empty')
  if (Buffer.byteLength(uid) > MAX_UID) at.tooLong(MAX_UID)
}

function validateUserAnnotations(annotations: Readonly<Record<string, string>>, at: At): void {
  validateAnnotations(annotations, at)
  for (const key of Object.keys(annotations)) if (!key.includes('/')) at.invalid(key, 'must be domain-prefixed')
}

function validateExpiration(seconds: number | undefined, signerName: string, at: At): void {
  if (seconds === undefined) {
    at.required('must be set')
    return
  }
  const max = signerName.split('/')[0]!.endsWith('kubernetes.io') ? MAX_OWN_SECONDS : MAX_SECONDS
  if (seconds < MIN_SECONDS || seconds > max) at.invalid(seconds, `must be in the range [${MIN_SECONDS}, ${max}]`)
}

/** Whether a key is of a kind that may be certified. */
function validateKey(key: KeyObject, shown: string, at: At): boolean {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  if (type === 'ed25519') return true
  if (type === 'ec') {
    if (CURVES.includes(details?.namedCurve ?? '')) return true
    at.invalid(`curve ${details?.namedCurve}`, 'elliptic public keys must use curve P256 or P384')
  } else if (type === 'rsa') {
    if (RSA_BITS.includes(details?.modulusLength ?? 0)) return true
    at.invalid(`${details?.modulusLength}-bit modulus`, 'RSA keys must have modulus size 3072 or 4096')
  } else {
    at.invalid(shown, 'unknown public key type; supported types are Ed25519, ECDSA, and RSA')
  }
  return false
}

function isProof(key: KeyObject, podUID: string, proof: Buffer): boolean {
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO }
  const hash = key.asymmetricKeyType === 'ed25519' ? null : 'sha256'
  return verify(hash, Buffer.from(podUID), key.asymmetricKeyType === 'rsa' ? { key, ...pss } : key, proof)
}

function publicKey(base64: string): KeyObject | undefined {
  try {
    return createPublicKey({ key: Buffer.from(base64, 'base64'), format: 'der', type: 'spki' })
  } catch {
    return undefined
  }
}

/** The key and the proof that the kubelet has it, as they were told before there was stubPKCS10Request. */
function validateProof(
  { pkixPublicKey = '', proofOfPossession = '', podUID }: PodCertificateRequestSpec,
  at: At,
): void {
  const place = at.child('pkixPublicKey')
  const proof = Buffer.from(proofOfPossession, 'base64')
  if (Buffer.byteLength(pkixPublicKey, 'base64') > MAX_KEY_BYTES) place.tooLong(MAX_KEY_BYTES)
  else if (proof.length > MAX_KEY_BYTES) at.child('proofOfPossession').tooLong(MAX_KEY_BYTES)
  else {
    const key = publicKey(pkixPublicKey)
    if (!key) place.invalid(pkixPublicKey, 'must be a valid PKIX-serialized public key')
    else if (validateKey(key, pkixPublicKey, place) && !isProof(key, podUID, proof)) {
      const detail = 'could not verify proof-of-possession signature'
      at.child('proofOfPossession').add('FieldValueInvalid', `Invalid value: ${detail}`)
    }
  }
}

function validateStub(request: string, at: At): void {
  if (Buffer.byteLength(request, 'base64') > MAX_KEY_BYTES) {
    at.tooLong(MAX_KEY_BYTES)
    return
  }
  try {
    validateKey(requestKey(Buffer.from(request, 'base64')), request, at)
  } catch {
    at.add('FieldValueInvalid', 'Invalid value: must be a valid PKCS#10 request, signed by its own key')
  }
}

export function validatePodCertificateRequest(spec: PodCertificateRequestSpec, at: At): void {
  const { signerName, unverifiedUserAnnotations: annotations, stubPKCS10Request: stub } = spec
  validateSignerName(signerName, at.child('signerName'))
  if (annotations) validateUserAnnotations(annotations, at.child('unverifiedUserAnnotations'))
  for (const who of ['pod', 'serviceAccount', 'node'] as const) {
    const name = spec[`${who}Name`]
    at.child(`${who}Name`).invalidEach(name, isDNS1123Subdomain(name))
    validateUid(spec[`${who}UID`], at.child(`${who}UID`))
  }
  validateExpiration(spec.maxExpirationSeconds, signerName, at.child('maxExpirationSeconds'))
  if (stub === '') {
    if (spec.pkixPublicKey) validateProof(spec, at)
    else at.child('stubPKCS10Request').required()
    return
  }
  for (const field of ['pkixPublicKey', 'proofOfPossession'] as const) {
    if (spec[field]) at.child(field).forbidden('must be empty when stubPKCS10Request is set')
  }
  validateStub(stub, at.child('stubPKCS10Request'))
}

/** The key that a request wants certified, as DER; undefined where it has none. */
export function requestedKey({ stubPKCS10Request, pkixPublicKey }: PodCertificateRequestSpec): Buffer | undefined {
  try {
    const key = stubPKCS10Request
      ? requestKey(Buffer.from(stubPKCS10Request, 'base64'))
      : publicKey(pkixPublicKey ?? '')
    return key?.export({ format: 'der', type: 'spki' })
  } catch {
    return undefined
  }
}
