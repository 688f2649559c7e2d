import { clientKind, untypedKind } from '../../api/apiextensions/client-kind.ts'
import { customResourceDefinition } from '../../api/apiextensions/index.ts'
import { allKinds } from '../../api/index.ts'
import { isReason } from '../../apimachinery/errors.ts'
import type { Kind } from '../../apimachinery/schema/kind.ts'
import type { ReconcileContext } from '../../client/controller.ts'
import type { DiscoveredResource } from '../../client/transport.ts'

/** What names a kind: in a version of its group that need not be served. */
interface Reference {
  readonly apiVersion?: string
  readonly kind: string
}

/** Finds the kind that a reference names. Rejects with upstream's texts where there is none. */
export type KindOfReference = (reference: Reference) => Promise<Kind>

/**
 * Finds kinds of all sorts: those of this server, custom ones, and those of extension servers. The version counts only where
 * it is served; otherwise any version of the same group will do (upstream's RESTMapper, RESTMappings).
 */
export const restMapping =
  ({ client, informer }: ReconcileContext): KindOfReference =>
  async ({ apiVersion = '', kind }) => {
    const parts = apiVersion.split('/')
    if (parts.length > 2) throw new Error(`unexpected GroupVersion string: ${apiVersion}`)
    const [version = '', group = ''] = parts.reverse()
    const served = await discovered(() => client.discover(apiVersion))
    const found = served.find(resource => resource.kind === kind && !resource.name.includes('/'))
    if (found) return kindIn(group, version, found)
    const builtIn = allKinds.find(known => known.group === group && known.kind === kind)
    const definition = informer(customResourceDefinition)
      .list()
      .find(({ spec }) => spec.group === group && spec.names.kind === kind)
    const other = builtIn ?? (definition && clientKind(definition))
    if (!other) throw new Error(`no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group)}`)
    return other
  }

async function discovered(ask: () => Promise<readonly DiscoveredResource[]>): Promise<readonly DiscoveredResource[]> {
  try {
    return await ask()
  } catch (error) {
    if (isReason(error, 'NotFound')) return []
    throw error
  }
}

function kindIn(group: string, version: string, { name, kind, namespaced, singularName }: DiscoveredResource): Kind {
  const scope = namespaced ? 'Namespaced' : 'Cluster'
  const stated = { group, version, kind, plural: name, singular: singularName ?? '', scope } as const
  return { ...untypedKind(stated), apiVersion: group ? `${group}/${version}` : version }
}
