import { type TokenRequest, tokenRequest } from '../../api/authentication/tokenrequest.ts'
import { node as nodeKind } from '../../api/core/node.ts'
import { pod as podKind } from '../../api/core/pod.ts'
import { secret as secretKind } from '../../api/core/secret.ts'
import { serviceAccount } from '../../api/core/serviceaccount.ts'
import { rfc3339 } from '../../apimachinery/clock.ts'
import { badRequest, conflict, invalid, notFound } from '../../apimachinery/errors.ts'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import { At } from '../../apimachinery/validation/at.ts'
import type { ObjectSubresource, Target } from './subresource.ts'

const DEFAULT_SECONDS = 3600
const MIN_SECONDS = 600
/** What pods' own tokens are asked for with; these live longer, for programs that read them only once (KEP-1205). */
const POD_TOKEN_SECONDS = 3607
const EXTENDED_SECONDS = 365 * 24 * 3600

/** POST serviceaccounts/NAME/token: a bound, expiring token (upstream registry/core/serviceaccount TokenREST). */
export const token: ObjectSubresource = {
  name: 'token',
  kind: tokenRequest as unknown as Kind,

  async create(target: Target, body: KubeObject): Promise<KubeObject> {
    const { server, namespace, name } = target
    const account = server.resources.of(serviceAccount).cacher.get(`${namespace}/${name}`)
    if (!account) throw notFound(serviceAccount, name)
    const request = body as TokenRequest
    const seconds = request.spec.expirationSeconds ?? DEFAULT_SECONDS
    checkExpiry(seconds)
    const audiences = request.spec.audiences?.length ? request.spec.audiences : [...server.tokens.audiences]
    const bound = boundTo(target, request)
    const ours = audiences.every(audience => server.tokens.audiences.includes(audience))
    const extended = seconds === POD_TOKEN_SECONDS && 'pod' in bound && ours
    const issued = server.tokens.issue({
      namespace,
      serviceAccount: { name, uid: account.object.metadata.uid! },
      audiences,
      expirationSeconds: extended ? EXTENDED_SECONDS : seconds,
      ...(extended && { warnAfterSeconds: seconds }),
      ...bound,
    })
    target.context.audit?.annotate('authentication.kubernetes.io/issued-credential-id', issued.credentialId)
    const expires = server.clock.now() + seconds * 1000
    return {
      ...request,
      metadata: { name, namespace, creationTimestamp: rfc3339(server.clock.now()) },
      spec: { ...request.spec, audiences, expirationSeconds: seconds },
      status: { token: issued.token, expirationTimestamp: rfc3339(expires) },
    } as KubeObject
  },
}

function checkExpiry(seconds: number): void {
  const at = new At()
  const field = at.child('spec', 'expirationSeconds')
  if (seconds < MIN_SECONDS) field.invalid(seconds, 'may not specify a duration less than 10 minutes')
  if (seconds > 2 ** 32) field.invalid(seconds, 'may not specify a duration larger than 2^32 seconds')
  if (at.errors.length > 0) throw invalid(tokenRequest, '', at.errors)
}

function boundTo({ server, namespace }: Target, { spec }: TokenRequest) {
  const ref = spec.boundObjectRef
  if (!ref) return {}
  const name = ref.name ?? ''
  const find = (kind: Kind, key: string) => {
    const entry = server.resources.of(kind).cacher.get(key)
    if (!entry) throw notFound(kind, name)
    const uid = entry.object.metadata.uid!
    if (ref.uid && ref.uid !== uid) {
      throw conflict(
        kind,
        name,
        `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
      )
    }
    return { name, uid, object: entry.object }
  }
  if (ref.kind === 'Pod') {
    const { object, ...pod } = find(podKind as unknown as Kind, `${namespace}/${name}`)
    const nodeName = (object as { spec?: { nodeName?: string } }).spec?.nodeName
    const node = nodeName ? server.resources.of(nodeKind).cacher.get(nodeName)?.object.metadata.uid : undefined
    return { pod, ...(nodeName && { node: { name: nodeName, ...(node && { uid: node }) } }) }
  }
  if (ref.kind === 'Secret') {
    const { object: _, ...secret } = find(secretKind as unknown as Kind, `${namespace}/${name}`)
    return { secret }
  }
  if (ref.kind === 'Node') {
    const { object: _, ...node } = find(nodeKind as unknown as Kind, name)
    return { node }
  }
  throw badRequest(`cannot bind token for serviceaccount to object of type ${ref.apiVersion}, Kind=${ref.kind}`)
}
