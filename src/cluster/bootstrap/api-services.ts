import type { APIService } from '../../api/apiregistration/apiservice.ts'
import type { Kind } from '../../apimachinery/schema/kind.ts'
import { compareVersions, groupPriority } from '../../apiserver/discovery/priority.ts'

/** Marks those that the server makes, and removes when it no longer answers for their version. */
export const AUTOMANAGED = { 'kube-aggregator.kubernetes.io/automanaged': 'onstart' }
/** Between neighbours, as upstream leaves room for groups of others. */
const GROUP_STEP = 100
const GROUP_BASE = 16_000

/** An APIService for every group version that this server answers itself, so that `kubectl get apiservices` shows them all. */
export function localApiServices(kinds: readonly Kind[]) {
  const versions = new Map<string, Set<string>>()
  for (const { group, version } of kinds) versions.set(group, (versions.get(group) ?? new Set()).add(version))
  return [...versions].flatMap(([group, all]) =>
    [...all].sort(compareVersions).map((version, i) => ({
      metadata: { name: `${version}.${group}`, labels: AUTOMANAGED },
      spec: {
        group,
        version,
        groupPriorityMinimum: group === '' ? 18_000 : GROUP_BASE + GROUP_STEP * groupPriority(group),
        versionPriority: Math.max(1, 15 - i),
      } as APIService['spec'],
    })),
  )
}
