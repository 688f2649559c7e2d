import type { Namespace } from '../../api/core/namespace.ts'
import { rfc3339 } from '../../apimachinery/clock.ts'
import type { KubeObject } from '../../apimachinery/schema/kind.ts'

/** What is left of one kind in a namespace. */
export interface Remaining {
  /** As `pods.` or `deployments.apps`. */
  readonly resource: string
  readonly objects: readonly KubeObject[]
}

type Conditions = NonNullable<Namespace['status']['conditions']>
type Finding = readonly [type: string, status: 'True' | 'False', reason: string, message: string]

/** What users see of a namespace that is going away (upstream namespace/deletion/status_condition_utils.go). */
export function deletionConditions(
  before: Conditions | undefined,
  remaining: readonly Remaining[],
  failures: readonly Error[],
  now: number,
): Conditions {
  const lastTransitionTime = rfc3339(now)
  return findings(remaining, failures).map(([type, status, reason, message]) => {
    const old = before?.find(c => c.type === type)
    const since = old?.status === status ? old.lastTransitionTime : lastTransitionTime
    return { type, status, lastTransitionTime: since, reason, message }
  })
}

function findings(remaining: readonly Remaining[], failures: readonly Error[]): Finding[] {
  const finalizers = finalizersOf(remaining)
  return [
    ['NamespaceDeletionDiscoveryFailure', 'False', 'ResourcesDiscovered', 'All resources successfully discovered'],
    [
      'NamespaceDeletionGroupVersionParsingFailure',
      'False',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ],
    failures.length > 0
      ? [
          'NamespaceDeletionContentFailure',
          'True',
          'ContentDeletionFailed',
          `Failed to delete all resource types, ${failures.length} remaining: ${failures.map(e => e.message).join(', ')}`,
        ]
      : [
          'NamespaceDeletionContentFailure',
          'False',
          'ContentDeleted',
          'All content successfully deleted, may be waiting on finalization',
        ],
    remaining.length > 0
      ? [
          'NamespaceContentRemaining',
          'True',
          'SomeResourcesRemain',
          `Some resources are remaining: ${remaining.map(r => `${r.resource} has ${r.objects.length} resource instances`).join(', ')}`,
        ]
      : ['NamespaceContentRemaining', 'False', 'ContentRemoved', 'All content successfully removed'],
    finalizers.length > 0
      ? [
          'NamespaceFinalizersRemaining',
          'True',
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${finalizers.join(', ')}`,
        ]
      : [
          'NamespaceFinalizersRemaining',
          'False',
          'ContentHasNoFinalizers',
          'All content-preserving finalizers finished',
        ],
  ]
}

function finalizersOf(remaining: readonly Remaining[]): string[] {
  const counts = new Map<string, number>()
  for (const { objects } of remaining) {
    for (const { metadata } of objects) {
      for (const finalizer of metadata.finalizers ?? []) counts.set(finalizer, (counts.get(finalizer) ?? 0) + 1)
    }
  }
  return [...counts].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`).sort()
}
