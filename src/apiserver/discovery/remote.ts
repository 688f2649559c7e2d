import type { DiscoveredResource } from '../../client/transport.ts'

/** A group version that an extension server answers for. */
export interface RemoteVersion {
  readonly group: string
  readonly version: string
  readonly groupPriority: number
  readonly versionPriority: number
  /** What the server said last; none where it never answered. */
  readonly resources: readonly DiscoveredResource[]
  /** The server could not be asked lately. */
  readonly stale?: boolean
}

/** A remote version as aggregated discovery shows it (KEP-3352). */
export function aggregatedVersion({ group, version, resources, stale }: RemoteVersion): object {
  const responseKind = (r: DiscoveredResource) => ({
    group: r.group ?? group,
    version: r.version ?? version,
    kind: r.kind,
  })
  return {
    version,
    freshness: stale ? 'Stale' : 'Current',
    resources: resources
      .filter(({ name }) => !name.includes('/'))
      .map(resource => {
        const subresources = resources
          .filter(({ name }) => name.startsWith(`${resource.name}/`))
          .map(sub => ({
            subresource: sub.name.slice(resource.name.length + 1),
            responseKind: responseKind(sub),
            verbs: sub.verbs,
          }))
        return {
          resource: resource.name,
          responseKind: responseKind(resource),
          scope: resource.namespaced ? 'Namespaced' : 'Cluster',
          singularResource: resource.singularName || resource.kind.toLowerCase(),
          verbs: resource.verbs,
          ...(resource.shortNames && { shortNames: resource.shortNames }),
          ...(resource.categories && { categories: resource.categories }),
          ...(subresources.length > 0 && { subresources }),
        }
      }),
  }
}
