import { formatLabelSelector } from '../../apimachinery/labels.ts'
import type { ParamKind, ParamRef } from './policy-match.ts'

/** The kind of a policy's parameters. */
export const showParamKind = (kind: ParamKind | undefined): string =>
  kind ? `${kind.apiVersion ?? ''}/${kind.kind ?? ''}` : '<unset>'

/** A binding's parameters; whether their kind has namespaces cannot be told here, hence the star. */
export function showParamRef(reference: ParamRef | undefined): string {
  if (reference?.name) return `${reference.namespace || '*'}/${reference.name}`
  return reference?.selector ? formatLabelSelector(reference.selector) : '<unset>'
}
