import { condition } from '../../apimachinery/meta/condition.ts'
import { kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
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
import { age } from '../columns.ts'
import { validatePodCertificateRequest } from './podcertificaterequest-rules.ts'
import { keepDecisions, validatePodCertificateRequestStatus } from './podcertificaterequest-status-rules.ts'

const PACKAGE = 'k8s.io.api.certificates.v1beta1'
const DAY_SECONDS = 86_400

export const podCertificateRequestSpec = message(
  `${PACKAGE}.PodCertificateRequestSpec`,
  {
    signerName: string(1).present().doc('Who is to sign it.'),
    podName: string(2).present().doc('The pod that it is for.'),
    podUID: string(3).present().doc('The uid of the pod.'),
    serviceAccountName: string(4).present().doc('The service account that the pod runs as.'),
    serviceAccountUID: string(5).present().doc('The uid of the service account.'),
    nodeName: string(6).present().doc('The node that the pod is on.'),
    nodeUID: string(7).present().doc('The uid of the node.'),
    maxExpirationSeconds: int32(8)
      .pointer()
      .default(DAY_SECONDS)
      .doc('Seconds that it may be good for: 3600 to 7862400, for signers of kubernetes.io to 86400.'),
    pkixPublicKey: bytes(9).always().doc('The public key; deprecated, use stubPKCS10Request.'),
    proofOfPossession: bytes(10).always().doc('The signature of podUID by the key; deprecated, use stubPKCS10Request.'),
    stubPKCS10Request: bytes(12).present().doc('A PKCS#10 request (DER) of the public key.'),
    unverifiedUserAnnotations: map(11, types.string).doc("What the pod's author wants the signer to know."),
  },
  { doc: 'The certificate that is asked for.' },
)
export interface PodCertificateRequestSpec extends Infer<typeof podCertificateRequestSpec> {}

export const podCertificateRequestStatus = message(
  `${PACKAGE}.PodCertificateRequestStatus`,
  {
    conditions: list(1, condition)
      .mapKeys('type')
      .patchMerge('type')
      .doc('Observations, by type: one of Issued, Denied and Failed.'),
    certificateChain: string(2).doc('The certificate and those of the authorities in between, as PEM.'),
    notBefore: time(4).pointer().doc('When it begins to be good.'),
    beginRefreshAt: time(5).pointer().doc('When the kubelet should begin to ask for the next one.'),
    notAfter: time(6).pointer().doc('When it ceases to be good.'),
  },
  { doc: 'What became of a request.' },
)
export interface PodCertificateRequestStatus extends Infer<typeof podCertificateRequestStatus> {}

const fields = {
  spec: ref(2, podCertificateRequestSpec).present().immutable().doc('The certificate that is asked for.'),
  status: ref(3, podCertificateRequestStatus).always().doc('What became of it.'),
}
export interface PodCertificateRequest extends ObjectOf<typeof fields> {}

export const podCertificateRequest = kind({
  group: 'certificates.k8s.io',
  version: 'v1beta1',
  kind: 'PodCertificateRequest',
  plural: 'podcertificaterequests',
  scope: 'Namespaced',
  subresources: { status: true },
  doc: 'Asks for a certificate for a pod (KEP-4317).',
  fields,
  tracksGeneration: false,
  prepareForStatusUpdate(request, old) {
    keepDecisions(request, old)
  },
  validateCreate({ spec }, at) {
    validatePodCertificateRequest(spec, at.child('spec'))
  },
  validateStatusUpdate(request, old, at) {
    validatePodCertificateRequestStatus(request, old, at.child('status'))
  },
  selectableFields: {
    'spec.signerName': ({ spec }) => spec.signerName,
    'spec.podName': ({ spec }) => spec.podName,
    'spec.nodeName': ({ spec }) => spec.nodeName,
  },
  columns: [age],
})
