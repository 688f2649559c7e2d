import { X509Certificate } from 'node:crypto'
import {
  type CertificateSigningRequest,
  certificateSigningRequest,
} from '../api/certificates/certificatesigningrequest.ts'
import { isReason } from '../apimachinery/errors.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { type Again, again, type Controller, controller } from '../client/controller.ts'
import { conditionTime } from './certificates/conditions.ts'

const HOUR_MS = 3600_000
/** How long requests are kept, by what became of them. */
const KEPT_MS = { Approved: HOUR_MS, Denied: HOUR_MS, Failed: HOUR_MS }
const PENDING_MS = 24 * HOUR_MS

/** Deletes requests that were decided on, or never were, and those whose certificate is over (upstream pkg/controller/certificates/cleaner). */
export const csrCleanerController: Controller = controller({
  name: 'csrcleaner',
  for: certificateSigningRequest,
  writes: [{ kind: certificateSigningRequest as unknown as Kind, verbs: ['delete'] }],

  async reconcile(request: CertificateSigningRequest, { client, clock }): Promise<Again | undefined> {
    const left = endOf(request) - clock.now()
    if (left > 0) return again(left)
    await client
      .delete(certificateSigningRequest, request, { preconditions: { uid: request.metadata.uid } })
      .catch(error => {
        if (!isReason(error, 'NotFound', 'Conflict')) throw error
      })
    return undefined
  },
})

/** When a request has had its time, in milliseconds since the epoch. */
function endOf(request: CertificateSigningRequest): number {
  const ends = Object.entries(KEPT_MS).flatMap(([type, kept]) => {
    const since = conditionTime(request, type)
    return since === undefined ? [] : [since + kept]
  })
  if (ends.length === 0) ends.push(Date.parse(request.metadata.creationTimestamp!) + PENDING_MS)
  const { certificate } = request.status
  if (certificate) {
    try {
      ends.push(Date.parse(new X509Certificate(Buffer.from(certificate, 'base64')).validTo))
    } catch {
      // Signers of others may issue what we cannot read; its other times hold.
    }
  }
  return Math.min(...ends)
}
