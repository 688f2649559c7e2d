import {
  type CertificateSigningRequest,
  certificateSigningRequest,
} from '../api/certificates/certificatesigningrequest.ts'
import { rfc3339 } from '../apimachinery/clock.ts'
import {
  type Authority,
  parseCertificateRequest,
  signCertificateRequest,
} from '../apimachinery/pki/certificate-request.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { type Controller, controller } from '../client/controller.ts'
import { hasCondition } from './certificates/conditions.ts'
import { misfit, SIGNERS } from './certificates/signers.ts'

const SIGNER_RESOURCE = { group: 'certificates.k8s.io', plural: 'signers' } as Kind
/** How long a certificate is good where the request does not say, and at most (upstream --cluster-signing-duration). */
const DURATION_MS = 365 * 24 * 3600_000
const SHORTEST_MS = 600_000
/** Clocks of a cluster's machines may differ by this much. */
const SKEW_MS = 5 * 60_000

/** Issues the certificates of approved requests to the signers of Kubernetes' own (upstream pkg/controller/certificates/signer). */
export const csrSigningController = (authority: Authority): Controller =>
  controller({
    name: 'csrsigning',
    for: certificateSigningRequest,
    writes: [
      { kind: certificateSigningRequest as unknown as Kind, subresource: 'status', verbs: ['update'] },
      { kind: SIGNER_RESOURCE, verbs: ['sign'] },
    ],

    async reconcile(request: CertificateSigningRequest, { client, clock }) {
      const { spec, status } = request
      if (!(SIGNERS as readonly string[]).includes(spec.signerName) || status.certificate) return
      if (!hasCondition(request, 'Approved') || hasCondition(request, 'Denied') || hasCondition(request, 'Failed'))
        return
      const now = clock.now()
      const pem = Buffer.from(spec.request, 'base64').toString()
      const usages = spec.usages ?? []
      const problem = await parseCertificateRequest(pem).then(
        asked => misfit(spec.signerName, asked, usages),
        error => `unable to parse csr: ${error.message}`,
      )
      if (problem) {
        const time = rfc3339(now)
        const condition = {
          ...{ type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message: problem },
          ...{ lastUpdateTime: time, lastTransitionTime: time },
        }
        const conditions = [...(status.conditions ?? []), condition]
        await client.updateStatus(certificateSigningRequest, { ...request, status: { ...status, conditions } })
        return
      }
      const wanted = spec.expirationSeconds === undefined ? DURATION_MS : spec.expirationSeconds * 1000
      const duration = Math.max(SHORTEST_MS, Math.min(wanted, DURATION_MS))
      const signed = await signCertificateRequest(authority, pem, {
        usages,
        notBefore: now - SKEW_MS,
        notAfter: now + duration,
      })
      const certificate = Buffer.from(signed).toString('base64')
      await client.updateStatus(certificateSigningRequest, { ...request, status: { ...status, certificate } })
    },
  })
