import type { At } from '../../../apimachinery/validation/at.ts'
import { isDNS1035Label } from '../../../apimachinery/validation/names.ts'
import type { CustomResourceDefinitionNames } from '../definition-messages.ts'

/** The form of names; which of them must be there is another matter. */
export function validateNames(names: CustomResourceDefinitionNames, at: At): void {
  const { plural, singular = '', kind, listKind = '' } = names
  label(plural, at.child('plural'))
  label(singular, at.child('singular'))
  mixedCase(kind, at.child('kind'))
  mixedCase(listKind, at.child('listKind'))
  names.shortNames?.forEach((name, i) => void label(name, at.child('shortNames').index(i), true))
  if (kind && kind === listKind) at.child('listKind').invalid(listKind, 'kind and listKind may not be the same')
  names.categories?.forEach((name, i) => void label(name, at.child('categories').index(i), true))
}

function label(name: string, at: At, required = false): void {
  const problems = name || required ? isDNS1035Label(name) : []
  if (problems.length > 0) at.invalid(name, problems.join(','))
}

function mixedCase(name: string, at: At): void {
  const problems = name ? isDNS1035Label(name.toLowerCase()) : []
  if (problems.length > 0) {
    at.invalid(name, `may have mixed case, but should otherwise match: ${problems.join(',')}`)
  }
}
