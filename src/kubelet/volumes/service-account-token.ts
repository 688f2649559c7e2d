import type { ServiceAccountTokenProjection } from '../../api/core/pod/volume-config.ts'
import type { Pod } from '../../api/core/pod.ts'
import { serviceAccount } from '../../api/core/serviceaccount.ts'
import { uidOf } from '../pods/pod.ts'
import type { Payload, VolumeSurroundings } from './volume.ts'

interface Token {
  readonly token: string
  readonly issued: number
  readonly expires: number
}

/** Tokens are renewed when a fifth of their life is left, and once a day at least (upstream pkg/kubelet/token). */
const RENEW_AT = 0.8
const MAX_AGE_MS = 24 * 3600_000

/** Tokens issued so far, by client so that kubelets in one process do not share them. */
const caches = new WeakMap<object, Map<string, Token>>()

/** A token for the pod's service account, bound to the pod. It is asked for anew only when it is old. */
export async function serviceAccountToken(
  pod: Pod,
  { path, audience, expirationSeconds = 3600 }: ServiceAccountTokenProjection,
  mode: number,
  node: VolumeSurroundings,
): Promise<{ files: Payload; renewAt: number }> {
  const token = await podToken(pod, audience, expirationSeconds, node)
  // A user other than root is to read it; whose token it is, is no secret inside the pod.
  const uid = pod.spec.securityContext?.runAsUser
  const fileMode = pod.spec.securityContext?.fsGroup !== undefined || uid ? mode | 0o044 : mode
  return { files: new Map([[path, { data: Buffer.from(token.token), mode: fileMode }]]), renewAt: renewalOf(token) }
}

/** The same as it is, for those who hand it on themselves. */
export async function podToken(
  pod: Pod,
  audience: string | undefined,
  expirationSeconds: number,
  node: VolumeSurroundings,
): Promise<Token> {
  const cache = caches.get(node) ?? new Map<string, Token>()
  caches.set(node, cache)
  const key = [uidOf(pod), audience, expirationSeconds].join('\0')
  const now = node.clock.now()
  let token = cache.get(key)
  if (!token || now >= renewalOf(token)) {
    token = await request(pod, audience, expirationSeconds, node)
    cache.set(key, token)
  }
  for (const [other, { expires }] of cache) if (expires < now) cache.delete(other)
  return token
}

function renewalOf({ issued, expires }: Token): number {
  return Math.min(issued + (expires - issued) * RENEW_AT, issued + MAX_AGE_MS)
}

async function request(
  pod: Pod,
  audience: string | undefined,
  seconds: number,
  node: VolumeSurroundings,
): Promise<Token> {
  const { namespace, name, uid } = pod.metadata
  const account = { namespace, name: pod.spec.serviceAccountName || 'default' }
  const answer = await node.client.createSubresource<{ status: { token: string; expirationTimestamp: string } }>(
    serviceAccount,
    account,
    'token',
    {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {
        audiences: audience ? [audience] : [],
        expirationSeconds: seconds,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
      },
    },
  )
  const { token, expirationTimestamp } = answer.status
  return { token, issued: node.clock.now(), expires: Date.parse(expirationTimestamp) }
}
