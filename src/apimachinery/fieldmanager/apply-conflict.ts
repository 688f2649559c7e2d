import { conflict, type StatusCause, type StatusError } from '../errors.ts'
import type { ManagedFieldsEntry } from '../meta/object-meta.ts'
import type { Kind, KubeObject } from '../schema/kind.ts'
import type { FieldSet } from './field-set.ts'

/** Fields that a configuration wants to change and another manager owns. */
export interface Contested {
  readonly entry: ManagedFieldsEntry
  readonly fields: FieldSet
}

/** The 409 of an apply that would take fields from others (upstream managedfields/internal/conflict.go). */
export function applyConflict(kind: Kind, config: KubeObject, contested: readonly Contested[]): StatusError {
  const byManager = contested.map(({ entry, fields }) => ({ who: show(entry), paths: [...fields.paths()].sort() }))
  byManager.sort((a, b) => (a.who < b.who ? -1 : 1))
  const causes: StatusCause[] = byManager.flatMap(({ who, paths }) =>
    paths.map(field => ({ reason: 'FieldManagerConflict', message: `conflict with ${who}`, field })),
  )
  const lines = byManager.flatMap(({ who, paths }) => [`conflicts with ${who}:`, ...paths.map(path => `- ${path}`)])
  const error = conflict(kind, config.metadata.name ?? '', '', causes)
  error.message =
    causes.length === 1
      ? `Apply failed with 1 conflict: ${causes[0]!.message}: ${causes[0]!.field}`
      : `Apply failed with ${causes.length} conflicts: ${lines.join('\n')}`
  error.status.message = error.message
  return error
}

function show({ manager, subresource, operation, apiVersion, time }: ManagedFieldsEntry): string {
  const who = JSON.stringify(manager ?? '') + (subresource ? ` with subresource ${JSON.stringify(subresource)}` : '')
  if (operation !== 'Update') return who
  return `${who} using ${apiVersion}${time ? ` at ${time}` : ''}`
}
