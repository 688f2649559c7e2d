import { internalError, type Status, StatusError } from '../../../apimachinery/errors.ts'
import type { Kind, KubeObject } from '../../../apimachinery/schema/kind.ts'
import type { AdmissionAttributes } from '../admission.ts'

/** What a webhook answers, as far as it is looked at (admission/v1 AdmissionResponse). */
export interface AdmissionResponse {
  readonly uid?: string
  readonly allowed?: boolean
  readonly status?: Partial<Status>
  /** A JSON patch in base64. */
  readonly patch?: string
  readonly patchType?: string
  readonly warnings?: readonly string[]
  readonly auditAnnotations?: Readonly<Record<string, string>>
}

/** The versions of AdmissionReview that we speak, which webhooks may choose from. */
const SPOKEN = ['v1', 'v1beta1']

const OPTIONS = { CREATE: 'CreateOptions', UPDATE: 'UpdateOptions', DELETE: 'DeleteOptions', CONNECT: '' }

/** The first version a webhook names that we speak. Throws where there is none. */
export function reviewVersion(versions: readonly string[]): string {
  const version = versions.find(one => SPOKEN.includes(one))
  if (!version) throw new Error('webhook does not accept known AdmissionReview versions (v1, v1beta1)')
  return version
}

/** The question to a webhook. `kind` is the version by which it knows the objects, `object` and `oldObject` are of that version. */
export function reviewOf(
  attributes: AdmissionAttributes,
  uid: string,
  version: string,
  kind: Kind,
  object: KubeObject | undefined,
  oldObject: KubeObject | undefined,
) {
  const { context, operation, subresource, namespace, name } = attributes
  const gvk = ({ group, version, kind }: Kind) => ({ group, version, kind })
  const gvr = ({ group, version, plural }: Kind) => ({ group, version, resource: plural })
  const asked = attributes.subresourceKind ?? attributes.kind
  const { user, dryRun, fieldManager } = context
  const optionsKind = OPTIONS[operation]
  return {
    apiVersion: `admission.k8s.io/${version}`,
    kind: 'AdmissionReview',
    request: {
      uid,
      kind: gvk(attributes.subresourceKind ?? kind),
      resource: gvr(kind),
      ...(subresource && { subResource: subresource }),
      requestKind: gvk(asked),
      requestResource: gvr(attributes.kind),
      ...(subresource && { requestSubResource: subresource }),
      ...(name && { name }),
      ...(namespace && { namespace }),
      operation,
      userInfo: {
        username: user.name,
        ...(user.uid && { uid: user.uid }),
        groups: user.groups,
        ...(user.extra && { extra: user.extra }),
      },
      object: object ?? null,
      oldObject: oldObject ?? null,
      dryRun,
      options: optionsKind
        ? {
            kind: optionsKind,
            apiVersion: 'meta.k8s.io/v1',
            ...(dryRun && { dryRun: ['All'] }),
            ...(fieldManager && operation !== 'DELETE' && { fieldManager }),
          }
        : null,
    },
  }
}

/** The response in a webhook's answer. Throws where the answer is not what it should be (upstream request.VerifyAdmissionResponse). */
export function responseIn(answer: unknown, uid: string, version: string): AdmissionResponse {
  const review = answer as { apiVersion?: string; kind?: string; response?: AdmissionResponse }
  const { response } = review
  if (!response) throw new Error('webhook response was absent')
  if (version === 'v1beta1') return response
  if (response.uid !== uid)
    throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}`)
  const expected = `admission.k8s.io/${version}, Kind=AdmissionReview`
  const got = `${review.apiVersion ?? ''}, Kind=${review.kind ?? ''}`
  if (got !== expected) throw new Error(`expected webhook response of ${expected}, got ${got}`)
  if (response.patch && response.patchType !== 'JSONPatch') {
    throw new Error(
      response.patchType
        ? `invalid response.patchType of ${JSON.stringify(response.patchType)}`
        : 'webhook returned response.patch but not response.patchType',
    )
  }
  return response
}

/** The refusal of a request by a webhook (upstream webhook/errors ToStatusErr). */
export function denial(webhook: string, { status = {} }: AdmissionResponse): StatusError {
  const by = `admission webhook ${JSON.stringify(webhook)} denied the request`
  const why = status.message || status.reason
  const code = status.code !== undefined && status.code >= 400 ? status.code : 400
  return new StatusError(code, status.reason ?? '', why ? `${by}: ${why}` : `${by} without explanation`, status.details)
}

/** A webhook that could not be asked, where requests are not let through without it. */
export const callFailure = (webhook: string, error: Error): StatusError =>
  internalError(`failed calling webhook ${JSON.stringify(webhook)}: ${error.message}`)
