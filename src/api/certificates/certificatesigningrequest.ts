import { humanDuration } from '../../apimachinery/duration.ts'
import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import {
  bytes,
  type Infer,
  int32,
  list,
  map,
  message,
  ref,
  string,
  time,
  types,
} from '../../apimachinery/schema/types.ts'
import { nameIsPathSegment } from '../../apimachinery/validation/names.ts'
import { age, column } from '../columns.ts'
import { stateOf, validateRequest, validateRequestUpdate } from './certificatesigningrequest-rules.ts'

export const certificateSigningRequestSpec = message(
  'k8s.io.api.certificates.v1.CertificateSigningRequestSpec',
  {
    request: bytes(1).required().doc('The request, PKCS#10 as PEM.'),
    signerName: string(7).present().doc('Who is to sign it, as kubernetes.io/kubelet-serving.'),
    expirationSeconds: int32(8).pointer().doc('Seconds it should be good for, 600 at least.'),
    usages: list(5, types.string).atomic().doc('What it may be used for, as client auth.'),
    username: string(2).doc('Who asks; set by the server.'),
    uid: string(3).doc('The id of who asks; set by the server.'),
    groups: list(4, types.string).atomic().doc('The groups of who asks; set by the server.'),
    extra: map(6, types.list(types.string)).doc('What else is known of who asks; set by the server.'),
  },
  {
    doc: 'The certificate that is asked for.',
  },
)
export interface CertificateSigningRequestSpec extends Infer<typeof certificateSigningRequestSpec> {}

export const certificateSigningRequestCondition = message(
  'k8s.io.api.certificates.v1.CertificateSigningRequestCondition',
  {
    type: string(1).present().doc('Approved, Denied or Failed.'),
    status: string(6).present().doc('True, False or Unknown.'),
    reason: string(2).doc('Why, as one CamelCase word.'),
    message: string(3).doc('The same for human readers.'),
    lastUpdateTime: time(4).doc('When it was last updated.'),
    lastTransitionTime: time(5).doc('When the status last changed.'),
  },
  {
    doc: 'One observation about a request.',
  },
)
export interface CertificateSigningRequestCondition extends Infer<typeof certificateSigningRequestCondition> {}

export const certificateSigningRequestStatus = message(
  'k8s.io.api.certificates.v1.CertificateSigningRequestStatus',
  {
    conditions: list(1, certificateSigningRequestCondition).mapKeys('type').doc('Observations, by type.'),
    certificate: bytes(2).doc('The certificate, as PEM.'),
  },
  {
    doc: 'What became of a request.',
  },
)
export interface CertificateSigningRequestStatus extends Infer<typeof certificateSigningRequestStatus> {}

const fields = {
  spec: ref(2, certificateSigningRequestSpec).present().doc('The certificate that is asked for.'),
  status: ref(3, certificateSigningRequestStatus).always().doc('What became of it.'),
}
export interface CertificateSigningRequest extends ObjectOf<typeof fields> {}

const columns: readonly Column<CertificateSigningRequest>[] = [
  age,
  column('SignerName', ({ spec }) => spec.signerName || '<none>', 'Who is to sign it.'),
  column('Requestor', ({ spec }) => spec.username ?? '', 'Who asks.'),
  column(
    'RequestedDuration',
    ({ spec }) => (spec.expirationSeconds === undefined ? '<none>' : humanDuration(spec.expirationSeconds * 1000)),
    'How long it should be good for.',
  ),
  column('Condition', ({ status }) => stateOf(status), 'What became of it.'),
]

export const certificateSigningRequest = kind({
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  plural: 'certificatesigningrequests',
  shortNames: ['csr'],
  scope: 'Cluster',
  subresources: { status: true },
  doc: 'Asks for a certificate.',
  fields,
  tracksGeneration: false,
  nameFormat: nameIsPathSegment,
  validate(request, at) {
    validateRequest(request, at)
  },
  validateUpdate(request, old, at) {
    validateRequestUpdate(request, old, at)
  },
  selectableFields: { 'spec.signerName': ({ spec }) => spec.signerName },
  columns,
})
