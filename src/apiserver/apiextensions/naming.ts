import type { CustomResourceDefinition, CustomResourceDefinitionNames } from '../../api/apiextensions/index.ts'
import { deepEqual } from '../../apimachinery/json.ts'

/** What became of a definition's names: those accepted, and what stands against the others. */
export interface Naming {
  readonly names: CustomResourceDefinitionNames
  readonly reason: string
  readonly message: string
  readonly accepted: boolean
}

/**
 * Accepts the names that no other definition of the group has (upstream's controller/status/naming_controller.go).
 * `others`: the other definitions of the group.
 */
export function acceptNames(crd: CustomResourceDefinition, others: readonly CustomResourceDefinition[]): Naming {
  const taken = others.map(({ status }) => status.acceptedNames)
  const resources = new Set(taken.flatMap(n => [n.plural, n.singular, ...(n.shortNames ?? [])]))
  const kinds = new Set(taken.flatMap(n => [n.kind, n.listKind]))
  const { names: wanted } = crd.spec
  const accepted = crd.status.acceptedNames
  const names: CustomResourceDefinitionNames = { ...accepted, categories: wanted.categories }
  let conflict = { reason: 'NoConflicts', message: 'no conflicts found' }

  const settle = (field: 'plural' | 'singular' | 'kind' | 'listKind', used: ReadonlySet<unknown>, reason: string) => {
    const name = wanted[field] ?? ''
    if (name !== (accepted[field] ?? '') && used.has(name)) conflict = { reason, message: inUse(name) }
    else names[field] = name
  }
  settle('plural', resources, 'PluralConflict')
  settle('singular', resources, 'SingularConflict')
  if (!deepEqual(wanted.shortNames ?? [], accepted.shortNames ?? [])) {
    const fresh = (wanted.shortNames ?? []).filter(name => !accepted.shortNames?.includes(name))
    const inTheWay = fresh.filter(name => resources.has(name)).map(inUse)
    if (inTheWay.length > 0) {
      const message = inTheWay.length === 1 ? inTheWay[0]! : `[${inTheWay.join(', ')}]`
      conflict = { reason: 'ShortNamesConflict', message }
    } else names.shortNames = wanted.shortNames
  }
  settle('kind', kinds, 'KindConflict')
  settle('listKind', kinds, 'ListKindConflict')
  return { names: withoutEmpty(names), ...conflict, accepted: conflict.reason === 'NoConflicts' }
}

const inUse = (name: string) => `${JSON.stringify(name)} is already in use`

function withoutEmpty({ plural, singular, shortNames, kind, listKind, categories }: CustomResourceDefinitionNames) {
  return {
    plural,
    ...(singular && { singular }),
    ...(shortNames?.length && { shortNames }),
    kind,
    ...(listKind && { listKind }),
    ...(categories?.length && { categories }),
  }
}
