import type { At } from '../../apimachinery/validation/at.ts'

/** Conditions of this group: each type once. */
export function validateConditionTypes(conditions: readonly { readonly type?: string }[] | undefined, at: At): void {
  const seen = new Set<string>()
  conditions?.forEach(({ type = '' }, i) => {
    const place = at.index(i).child('type')
    if (seen.has(type)) place.duplicate(type)
    seen.add(type)
    if (type === '') place.required('must not be empty')
  })
}
