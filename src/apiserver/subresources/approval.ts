import {
  type CertificateSigningRequest,
  certificateSigningRequest,
} from '../../api/certificates/certificatesigningrequest.ts'
import { rfc3339 } from '../../apimachinery/clock.ts'
import { invalid, notFound } from '../../apimachinery/errors.ts'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import { At } from '../../apimachinery/validation/at.ts'
import { update } from '../registry/update.ts'
import type { ObjectSubresource, Target } from './subresource.ts'

type Conditions = NonNullable<CertificateSigningRequest['status']['conditions']>
const LASTING = ['Approved', 'Denied', 'Failed']

/** GET, PUT and PATCH certificatesigningrequests/NAME/approval: decides on a request, once and for all. */
export const approval: ObjectSubresource = {
  name: 'approval',
  kind: certificateSigningRequest as unknown as Kind,

  get({ resource, name }: Target): KubeObject {
    const entry = resource.cacher.get(name)
    if (!entry) throw notFound(resource.kind, name)
    return resource.objectOf(entry)
  },

  async update({ resource, name, context, server }: Target, body: KubeObject): Promise<KubeObject> {
    const wanted = (body as CertificateSigningRequest).status?.conditions ?? []
    const { entry } = await update(
      resource,
      '',
      name,
      object => {
        const request = object as CertificateSigningRequest
        const conditions = timed(wanted, request.status.conditions ?? [], rfc3339(server.clock.now()))
        const at = new At()
        for (const { type } of request.status.conditions ?? []) {
          if (!LASTING.includes(type) || conditions.some(condition => condition.type === type)) continue
          at.child('status', 'conditions').forbidden(
            `updates may not remove a condition of type ${JSON.stringify(type)}`,
          )
        }
        if (at.errors.length > 0) throw invalid(certificateSigningRequest, name, at.errors)
        const { resourceVersion } = body.metadata
        return {
          ...request,
          metadata: { ...request.metadata, ...(resourceVersion && { resourceVersion }) },
          status: { ...request.status, conditions },
        }
      },
      context,
      { subresource: 'approval', prepare: () => {} },
    )
    return resource.objectOf(entry)
  },
}

/** Conditions with their times filled in: a status that has not changed keeps the time of its transition. */
function timed(wanted: Conditions, before: Conditions, now: string): Conditions {
  return wanted.map(condition => {
    const known = before.find(({ type, status }) => type === condition.type && status === condition.status)
    return {
      ...condition,
      lastUpdateTime: condition.lastUpdateTime ?? now,
      lastTransitionTime: condition.lastTransitionTime ?? known?.lastTransitionTime ?? now,
    }
  })
}
