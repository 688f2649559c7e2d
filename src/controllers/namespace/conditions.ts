import type { Namespace } from '../../api/core/namespace.ts'
import { rfc3339 } from '../../apimachinery/clock.ts'
import type { KubeObject } from '../../apimachinery/schema/kind.ts'

/** What is left of one kind in a namespace. */
export interface Remaining {
  /** As `pods.` or `deployments.apps`. */
  readonly resource: string
  readonly objects: readonly KubeObject[]
}

/** How far the emptying of a namespace has come. */
export interface Findings {
  readonly remaining: readonly Remaining[]
  readonly failures: readonly Error[]
  /** Group versions that could not be asked what they have, each with why. */
  readonly undiscovered: readonly string[]
}

type Conditions = NonNullable<Namespace['status']['conditions']>
type Finding = readonly [type: string, status: 'True' | 'False', reason: string, message: string]

/** What users see of a namespace that is going away (upstream namespace/deletion/status_condition_utils.go). */
export function deletionConditions(before: Conditions | undefined, found: Findings, now: number): Conditions {
  const lastTransitionTime = rfc3339(now)
  return findings(found).map(([type, status, reason, message]) => {
    const old = before?.find(c => c.type === type)
    const since = old?.status === status ? old.lastTransitionTime : lastTransitionTime
    return { type, status, lastTransitionTime: since, reason, message }
  })
}

/** What is told of group versions that could not be asked what they have. */
export const discoveryFailure = (undiscovered: readonly string[]): string =>
  `unable to retrieve the complete list of server APIs: ${undiscovered.join(', ')}`

function findings({ remaining, failures, undiscovered }: Findings): Finding[] {
  const finalizers = finalizersOf(remaining)
  return [
    undiscovered.length > 0
      ? [
          'NamespaceDeletionDiscoveryFailure',
          'True',
          'DiscoveryFailed',
          `Discovery failed for some groups, ${undiscovered.length} failing: ${discoveryFailure(undiscovered)}`,
        ]
      : ['NamespaceDeletionDiscoveryFailure', 'False', 'ResourcesDiscovered', 'All resources successfully discovered'],
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
