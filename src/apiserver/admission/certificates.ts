import {
  type CertificateSigningRequest,
  certificateSigningRequest,
} from '../../api/certificates/certificatesigningrequest.ts'
import { type ClusterTrustBundle, clusterTrustBundle } from '../../api/certificates/clustertrustbundle.ts'
import { type PodCertificateRequest, podCertificateRequest } from '../../api/certificates/podcertificaterequest.ts'
import { rfc3339 } from '../../apimachinery/clock.ts'
import { forbidden, invalid } from '../../apimachinery/errors.ts'
import { deepEqual } from '../../apimachinery/json.ts'
import { parseCertificateRequest } from '../../apimachinery/pki/certificate-request.ts'
import type { KubeObject } from '../../apimachinery/schema/kind.ts'
import { At } from '../../apimachinery/validation/at.ts'
import type { ApiServer } from '../apiserver.ts'
import type { AdmissionAttributes, AdmissionPlugin } from './admission.ts'

const CLIENT_SIGNER = 'kubernetes.io/kube-apiserver-client'
/** How far from now certificates of pods may begin to be good. */
const ISSUE_SKEW_MS = 300_000
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

/** Only who may vouch for a signer makes or changes its trust bundles (upstream plugin/certificates/ctbattest). */
export const clusterTrustBundleAttest = (server: ApiServer): AdmissionPlugin => ({
  name: 'ClusterTrustBundleAttest',
  handles: ({ operation, kind }) =>
    (operation === 'CREATE' || operation === 'UPDATE') &&
    kind.kind === clusterTrustBundle.kind &&
    kind.group === clusterTrustBundle.group,
  async validate(attributes) {
    const { object, oldObject, kind, name } = attributes
    const { signerName } = (object as ClusterTrustBundle).spec
    if (!signerName) return
    if (oldObject && deepEqual(withoutOwnership(object!), withoutOwnership(oldObject))) return
    if (await mayForSigner(server, 'attest', signerName, attributes)) return
    throw forbidden(kind, name, `user not permitted to attest for signerName ${JSON.stringify(signerName)}`)
  },
})

/** What is left of an object when garbage collection and migrations may change what they want. */
function withoutOwnership({ metadata, ...rest }: KubeObject): object {
  const { ownerReferences: _, finalizers: __, managedFields: ___, ...others } = metadata
  return { ...rest, metadata: others }
}

/** Only who may sign for a signer issues certificates of pods (upstream registry/certificates/podcertificaterequest). */
export const podCertificateSigning = (server: ApiServer): AdmissionPlugin => ({
  name: 'PodCertificateSigning',
  handles: ({ operation, kind, subresource }) =>
    operation === 'UPDATE' &&
    subresource === 'status' &&
    kind.kind === podCertificateRequest.kind &&
    kind.group === podCertificateRequest.group,
  admit({ object, oldObject }) {
    const before = (oldObject as PodCertificateRequest).status.conditions ?? []
    for (const condition of (object as PodCertificateRequest).status.conditions ?? []) {
      const same = before.find(({ type, status }) => type === condition.type && status === condition.status)
      condition.lastTransitionTime ||= same?.lastTransitionTime || rfc3339(server.clock.now())
    }
  },
  async validate(attributes) {
    const [{ status }, old] = [attributes.object, attributes.oldObject] as [
      PodCertificateRequest,
      PodCertificateRequest,
    ]
    if (status.certificateChain === old.status.certificateChain) return
    const at = new At()
    const { notBefore } = status
    if (notBefore && Math.abs(Date.parse(notBefore) - server.clock.now()) >= ISSUE_SKEW_MS) {
      const detail = "must be set to within 5 minutes of kube-apiserver's current time"
      at.child('status', 'notBefore').invalid(notBefore, detail)
    } else if (!(await mayForSigner(server, 'sign', old.spec.signerName, attributes))) {
      const [user, signer] = [attributes.context.user.name, old.spec.signerName].map(name => JSON.stringify(name))
      at.child('spec', 'signerName').forbidden(`User ${user} is not permitted to "sign" for signer ${signer}`)
    }
    if (at.errors.length > 0) throw invalid(attributes.kind, attributes.name, at.errors)
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
