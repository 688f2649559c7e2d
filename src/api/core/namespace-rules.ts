import type { At } from '../../apimachinery/validation/at.ts'
import { isQualifiedName } from '../../apimachinery/validation/names.ts'
import { validateKubeFinalizerName } from '../../apimachinery/validation/object-meta.ts'
import type { Namespace } from './namespace.ts'

/** A new namespace is active and holds its contents. */
export function prepareNamespace(namespace: Namespace): void {
  namespace.status = { phase: 'Active' }
  const finalizers = namespace.spec.finalizers ?? []
  namespace.spec.finalizers = finalizers.includes('kubernetes') ? finalizers : [...finalizers, 'kubernetes']
}

export function validateFinalizerNames(finalizers: readonly string[] = [], at: At): void {
  for (const name of finalizers) {
    at.invalidEach(name, isQualifiedName(name))
    validateKubeFinalizerName(name, at)
  }
}

export function validateNamespacePhase({ metadata, status }: Namespace, at: At): void {
  const place = at.child('status', 'Phase')
  if (metadata.deletionTimestamp) {
    if (status.phase !== 'Terminating') {
      place.invalid(status.phase, "may only be 'Terminating' if `deletionTimestamp` is not empty")
    }
  } else if (status.phase !== 'Active') {
    place.invalid(status.phase, "may only be 'Active' if `deletionTimestamp` is empty")
  }
}
