import { apiService } from '../api/apiregistration/apiservice.ts'
import { service } from '../api/core/service.ts'
import { isReason } from '../apimachinery/errors.ts'
import type { InputOf, Kind } from '../apimachinery/schema/kind.ts'
import type { Client, ObjectKey } from '../client/client.ts'

/** Where the API server finds this server. */
export interface Registration {
  readonly groupVersions: readonly { readonly group: string; readonly version: string }[]
  /** A host name, from where the API server runs. */
  readonly host: string
  readonly port: number
  /** PEM of the authority of the certificate. */
  readonly ca: string
}

/** The Service that stands for this server, which is no pod. */
const SERVICE = { namespace: 'kube-system', name: 'prometheus-adapter' }
export const SERVICE_HOST = `${SERVICE.name}.${SERVICE.namespace}.svc`

/** Of all groups these come last, and of versions the newer ones first, as prometheus-adapter's manifests have it. */
const GROUP_PRIORITY = 100
const versionPriority = (version: string): number => 100 * Number(/\d+$/.exec(version)?.[0] ?? 1)

/** Makes the API server pass requests for these group versions on to this server. */
export async function register(client: Client, { groupVersions, host, port, ca }: Registration): Promise<void> {
  await put(client, service, { metadata: SERVICE, spec: { type: 'ExternalName', externalName: host } })
  const caBundle = Buffer.from(ca).toString('base64')
  for (const { group, version } of groupVersions) {
    await put(client, apiService, {
      metadata: { name: `${version}.${group}` },
      spec: {
        group,
        version,
        groupPriorityMinimum: GROUP_PRIORITY,
        versionPriority: versionPriority(version),
        service: { ...SERVICE, port },
        caBundle,
      },
    })
  }
}

/** Takes that back, as far as it still leads here. */
export async function unregister(client: Client, { groupVersions, port }: Registration): Promise<void> {
  for (const { group, version } of groupVersions) {
    const key = { name: `${version}.${group}` }
    const found = await client.get(apiService, key).catch(unlessGone)
    const { name, port: there } = found?.spec.service ?? {}
    if (name === SERVICE.name && there === port) await client.delete(apiService, key).catch(unlessGone)
  }
}

async function put<K extends Kind>(
  client: Client,
  kind: K,
  object: InputOf<K> & { metadata?: ObjectKey },
): Promise<void> {
  try {
    await client.create(kind, object)
  } catch (error) {
    if (!isReason(error, 'AlreadyExists')) throw error
    await client.patch(kind, object.metadata!, 'merge', object)
  }
}

function unlessGone(error: unknown): undefined {
  if (!isReason(error, 'NotFound')) throw error
}
