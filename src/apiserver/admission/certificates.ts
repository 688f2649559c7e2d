import {
  type CertificateSigningRequest,
  certificateSigningRequest,
} from '../../api/certificates/certificatesigningrequest.ts'
import { forbidden } from '../../apimachinery/errors.ts'
import { deepEqual } from '../../apimachinery/json.ts'
import { parseCertificateRequest } from '../../apimachinery/pki/certificate-request.ts'
import type { ApiServer } from '../apiserver.ts'
import type { AdmissionAttributes, AdmissionPlugin } from './admission.ts'

const CLIENT_SIGNER = 'kubernetes.io/kube-apiserver-client'
const isAbout = ({ kind }: AdmissionAttributes) =>
  kind.kind === certificateSigningRequest.kind && kind.group === certificateSigningRequest.group

/** Notes who asks for a certificate: nobody can say that themselves (upstream registry/certificates strategy). */
export const certificateRequester = (): AdmissionPlugin => ({
  name: 'CertificateRequester',
  handles: attributes => attributes.operation === 'CREATE' && isAbout(attributes) && !attributes.subresource,
  admit({ object, context }) {
    const { spec } = object as CertificateSigningRequest
    const { name, uid, groups, extra } = context.user
    spec.username = name
    spec.uid = uid ?? ''
    spec.groups = [...groups]
    if (extra) spec.extra = Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]]))
    else delete spec.extra
  },
})

/** Whether a user may do this for a signer, or for all of its domain (upstream plugin/certificates/util). */
async function mayForSigner(server: ApiServer, verb: string, signer: string, { context }: AdmissionAttributes) {
  for (const name of [signer, `${signer.split('/')[0]}/*`]) {
    const { verdict } = await server.policy.authorizer.authorize({
      user: context.user,
      verb,
      isResourceRequest: true,
      group: 'certificates.k8s.io',
      version: '*',
      resource: 'signers',
      subresource: '',
      namespace: '',
      name,
      path: '',
    })
    if (verdict === 'allow') return true
  }
  return false
}

/** Only who may approve for a signer decides on requests to it (upstream plugin/certificates/approval). */
export const certificateApproval = (server: ApiServer): AdmissionPlugin => ({
  name: 'CertificateApproval',
  handles: attributes =>
    attributes.operation === 'UPDATE' && attributes.subresource === 'approval' && isAbout(attributes),
  async validate(attributes) {
    const { signerName } = (attributes.oldObject as CertificateSigningRequest).spec
    if (await mayForSigner(server, 'approve', signerName, attributes)) return
    const why = `user not permitted to approve requests with signerName ${JSON.stringify(signerName)}`
    throw forbidden(attributes.kind, attributes.name, why)
  },
})

/** Only who may sign for a signer issues its certificates (upstream plugin/certificates/signing). */
export const certificateSigning = (server: ApiServer): AdmissionPlugin => ({
  name: 'CertificateSigning',
  handles: attributes =>
    attributes.operation === 'UPDATE' && attributes.subresource === 'status' && isAbout(attributes),
  async validate(attributes) {
    const [request, old] = [
      attributes.object as CertificateSigningRequest,
      attributes.oldObject as CertificateSigningRequest,
    ]
    const { certificate, conditions } = request.status
    if (certificate === old.status.certificate && deepEqual(conditions, old.status.conditions)) return
    const { signerName } = old.spec
    if (await mayForSigner(server, 'sign', signerName, attributes)) return
    const why = `user not permitted to sign requests with signerName ${JSON.stringify(signerName)}`
    throw forbidden(attributes.kind, attributes.name, why)
  },
})

/** Nobody becomes an administrator by a certificate of the client signer (upstream plugin/certificates/subjectrestriction). */
export const certificateSubjectRestriction = (): AdmissionPlugin => ({
  name: 'CertificateSubjectRestriction',
  handles: attributes => attributes.operation === 'CREATE' && isAbout(attributes) && !attributes.subresource,
  async validate({ object, kind, name }) {
    const { spec } = object as CertificateSigningRequest
    if (spec.signerName !== CLIENT_SIGNER) return
    const { organizations } = await parseCertificateRequest(Buffer.from(spec.request, 'base64').toString()).catch(
      error => {
        throw forbidden(kind, name, `unable to parse csr: ${error.message}`)
      },
    )
    if (organizations.includes('system:masters')) {
      throw forbidden(kind, name, `use of ${CLIENT_SIGNER} signer with system:masters group is not allowed`)
    }
  },
})
