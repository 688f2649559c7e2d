import { subjectAccessReview } from '../api/authorization/subjectaccessreview.ts'
import {
  type CertificateSigningRequest,
  certificateSigningRequest,
} from '../api/certificates/certificatesigningrequest.ts'
import { type CertificateRequest, parseCertificateRequest } from '../apimachinery/pki/certificate-request.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { type Controller, controller, type ReconcileContext } from '../client/controller.ts'
import { hasCondition } from './certificates/conditions.ts'
import { KUBELET_CLIENT, misfit } from './certificates/signers.ts'

const SIGNERS = { group: 'certificates.k8s.io', plural: 'signers' } as Kind

/** Approves requests of kubelets for their client certificates, where they are allowed to ask (upstream pkg/controller/certificates/approver). */
export const csrApprovingController: Controller = controller({
  name: 'csrapproving',
  for: certificateSigningRequest,
  writes: [
    { kind: certificateSigningRequest as unknown as Kind, subresource: 'approval', verbs: ['update'] },
    { kind: subjectAccessReview as unknown as Kind, verbs: ['create'] },
    { kind: SIGNERS, verbs: ['approve'] },
  ],

  async reconcile(request: CertificateSigningRequest, context) {
    const { spec, status } = request
    if (status.certificate || hasCondition(request, 'Approved') || hasCondition(request, 'Denied')) return
    if (spec.signerName !== KUBELET_CLIENT) return
    const asked = await parseCertificateRequest(Buffer.from(spec.request, 'base64').toString()).catch(() => undefined)
    if (!asked || misfit(spec.signerName, asked, spec.usages ?? [])) return
    const verdict = await permission(request, asked, context)
    if (!verdict) return
    const condition = { type: 'Approved', status: 'True', reason: 'AutoApproved', message: verdict }
    const conditions = [...(status.conditions ?? []), condition]
    await context.client.updateSubresource(
      certificateSigningRequest,
      { ...request, status: { ...status, conditions } },
      'approval',
    )
  },
})

/** Why a kubelet gets its certificate: it renews its own, or may ask for any node's. */
async function permission(
  { spec }: CertificateSigningRequest,
  { commonName }: CertificateRequest,
  { client }: ReconcileContext,
): Promise<string | undefined> {
  const may = async (subresource: string) => {
    const { username = '', uid, groups, extra } = spec
    const resourceAttributes = {
      group: 'certificates.k8s.io',
      resource: 'certificatesigningrequests',
      verb: 'create',
      subresource,
      version: '*',
    }
    const review = await client.create(subjectAccessReview, {
      spec: { user: username, uid, groups, extra, resourceAttributes },
    })
    return review.status?.allowed === true
  }
  if (spec.username === commonName && (await may('selfnodeclient'))) {
    return 'Auto approving self kubelet client certificate after SubjectAccessReview.'
  }
  return (await may('nodeclient')) ? 'Auto approving kubelet client certificate after SubjectAccessReview.' : undefined
}
