import type { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { configMap } from '../api/core/configmap.ts'
import { MachineError } from '../apimachinery/machine-error.ts'
import type { Client } from '../client/client.ts'

/** By what this server knows the API server, which alone may ask. */
export interface FrontProxyTrust {
  /** PEM of the authority of its certificate. */
  readonly ca: string
  /** Common names that it may have; any when empty. */
  readonly allowedNames: readonly string[]
}

/** Reads what the API server says of itself (kube-system/extension-apiserver-authentication). */
export async function readFrontProxyTrust(client: Client): Promise<FrontProxyTrust> {
  const key = { namespace: 'kube-system', name: 'extension-apiserver-authentication' }
  const { data = {} } = await client.get(configMap, key)
  const ca = data['requestheader-client-ca-file']
  if (!ca) {
    throw new MachineError(
      'The adapter cannot tell who asks it',
      `the API server does not say in the ConfigMap ${key.namespace}/${key.name} how it shows itself to extension servers`,
      'Use a cluster that does.',
    )
  }
  return { ca, allowedNames: JSON.parse(data['requestheader-allowed-names'] || '[]') }
}

/** Whether a connection is the API server's. It has asked whether its user may before it passes a request on. */
export function isFrontProxy(socket: TLSSocket, { allowedNames }: FrontProxyTrust): boolean {
  if (!socket.authorized) return false
  const peer = socket.getPeerX509Certificate?.()
  const name = peer && commonName(peer)
  return name !== undefined && (allowedNames.length === 0 || allowedNames.includes(name))
}

const commonName = ({ subject }: X509Certificate): string | undefined => /^CN=(.*)$/m.exec(subject)?.[1]
