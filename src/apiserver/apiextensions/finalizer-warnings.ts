import type { KubeObject } from '../../apimachinery/schema/kind.ts'
import { isQualifiedName } from '../../apimachinery/validation/names.ts'

const STANDARD = new Set(['orphan', 'foregroundDeletion', 'kubernetes'])

/** What users are told about new finalizers whose names others may use as well (upstream's customresource strategy). */
export function finalizerWarnings(object: KubeObject, old?: KubeObject): string[] {
  const before = new Set(old?.metadata.finalizers)
  const added = [...new Set(object.metadata.finalizers)].filter(name => !before.has(name)).sort()
  return added.flatMap(name => {
    const shown = `metadata.finalizers: ${JSON.stringify(name)}`
    const warnings = isQualifiedName(name).map(problem => `${shown}: ${problem}`)
    if (name.includes('/') || STANDARD.has(name)) return warnings
    const better = name.includes('.')
      ? 'prefer a domain-qualified finalizer name including a path (/) to avoid accidental conflicts with other finalizer writers'
      : 'prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers'
    return [...warnings, `${shown}: ${better}`]
  })
}
