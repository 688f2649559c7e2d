import type { Kind } from '../../apimachinery/schema/kind.ts'
import { binding } from './binding.ts'
import { ephemeralContainers } from './ephemeralcontainers.ts'
import { eviction } from './eviction.ts'
import { attach, exec } from './exec.ts'
import { finalize } from './finalize.ts'
import { log } from './log.ts'
import { portforward } from './portforward.ts'
import { nodeProxy, podProxy, serviceProxy } from './proxy.ts'
import { scale } from './scale.ts'
import type { Subresource } from './subresource.ts'
import { token } from './token.ts'

/** Subresources besides status and scale, which a kind states itself. */
const BY_PLURAL: Record<string, readonly Subresource[]> = {
  pods: [attach, binding, ephemeralContainers, eviction, exec, log, portforward, podProxy],
  services: [serviceProxy],
  nodes: [nodeProxy],
  namespaces: [finalize],
  serviceaccounts: [token],
}

export function subresourcesOf(kind: Kind): Subresource[] {
  const named = kind.group === '' ? (BY_PLURAL[kind.plural] ?? []) : []
  return [...named, ...(kind.subresources?.scale ? [scale] : [])]
}
