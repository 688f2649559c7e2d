import { deepEqual } from '../../../apimachinery/json.ts'
import type { CustomResourceDefinitionSpec, CustomResourceDefinitionVersion } from '../definition-messages.ts'

/** What all versions of a definition have in common, and the versions with only what they have for themselves. */
export interface Hoisted {
  readonly common: Pick<
    CustomResourceDefinitionVersion,
    'schema' | 'subresources' | 'additionalPrinterColumns' | 'selectableFields'
  >
  readonly versions: readonly CustomResourceDefinitionVersion[]
}

const PARTS = ['schema', 'subresources', 'additionalPrinterColumns', 'selectableFields'] as const

/**
 * Definitions are checked as if what is the same in all versions was stated once, at the top, and that is where messages say
 * it is: so old versions of the definition have it (upstream's internal form).
 */
export function hoist({ versions }: CustomResourceDefinitionSpec): Hoisted {
  const common: Partial<Record<(typeof PARTS)[number], unknown>> = {}
  const [first] = versions
  const same = PARTS.filter(part => first && versions.every(version => deepEqual(version[part], first[part])))
  for (const part of same) common[part] = first![part]
  const own = versions.map(version => ({ ...version, ...Object.fromEntries(same.map(part => [part, undefined])) }))
  return { common: common as Hoisted['common'], versions: own as CustomResourceDefinitionVersion[] }
}
