import type { Kind } from '../../apimachinery/schema/kind.ts'
import { approval } from './approval.ts'
import { binding } from './binding.ts'
import { ephemeralContainers } from './ephemeralcontainers.ts'
import { eviction } from './eviction.ts'
import { attach, exec } from './exec.ts'
import { finalize } from './finalize.ts'
import { log } from './log.ts'
import { portforward } from './portforward.ts'
import { nodeProxy, podProxy, serviceProxy } from './proxy.ts'
import { resize } from './resize.ts'
import { scale } from './scale.ts'
import type { Subresource } from './subresource.ts'
import { token } from './token.ts'

/** Subresources besides status and scale, which a kind states itself, by group and plural. */
const BY_RESOURCE: Record<string, readonly Subresource[]> = {
  '/pods': [attach, binding, ephemeralContainers, eviction, exec, log, portforward, podProxy, resize],
  '/services': [serviceProxy],
  '/nodes': [nodeProxy],
  '/namespaces': [finalize],
  '/serviceaccounts': [token],
  'certificates.k8s.io/certificatesigningrequests': [approval],
}

export function subresourcesOf(kind: Kind): Subresource[] {
  const named = BY_RESOURCE[`${kind.group}/${kind.plural}`] ?? []
  return [...named, ...(kind.subresources?.scale ? [scale] : [])]
}
