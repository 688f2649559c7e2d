import { deepEqual } from '../../../apimachinery/json.ts'
import { At } from '../../../apimachinery/validation/at.ts'
import { isTrue } from '../conditions.ts'
import { type CustomResourceDefinition, schemaOf } from '../definition-messages.ts'
import type { JSONSchemaProps } from '../json-schema-props.ts'
import { normalizeValue } from '../schema/normalize.ts'
import { itemsOf, someSchema } from '../schema/structural.ts'
import { structuralProblem, validateStructural } from '../schema/validate-structural.ts'
import { validateMergeableItems } from './list-rules.ts'

/** Which rules hold. Those that came later than a definition, and that it broke before, it may go on breaking. */
export interface Options {
  readonly recognizedReview: boolean
  readonly namesFixed: boolean
  readonly schemaRequired: boolean
  readonly knownTypes: boolean
  readonly structural: boolean
  readonly prunedDefaults: boolean
  readonly atomicSets: boolean
  readonly mergeableItems: boolean
  /** Versions whose schemas are as they were: the costs of single rules are let go. */
  readonly unchanged: ReadonlySet<string>
  readonly anyBundle: boolean
  /** Versions that may have more selectable fields than there can be now. */
  readonly manyFields: ReadonlySet<string>
}

export const STRICT: Options = {
  recognizedReview: true,
  namesFixed: false,
  schemaRequired: true,
  knownTypes: true,
  structural: true,
  prunedDefaults: true,
  atomicSets: true,
  mergeableItems: true,
  unchanged: new Set(),
  anyBundle: true,
  manyFields: new Set(),
}

/** What definitions in v1beta1 need not heed. */
export const OLD = {
  schemaRequired: false,
  knownTypes: false,
  structural: false,
  prunedDefaults: false,
} as const satisfies Partial<Options>

export const REVIEW_VERSIONS: readonly string[] = ['v1', 'v1beta1']
export const TYPES: readonly string[] = ['array', 'boolean', 'integer', 'number', 'object', 'string']
export const MAX_SELECTABLE_FIELDS = 8

/** What holds for a change. */
export function optionsFor(crd: CustomResourceDefinition, old: CustomResourceDefinition): Options {
  const schemas = old.spec.versions.map(schemaOf)
  const known = schemas.filter(schema => schema !== undefined)
  const none = (fits: (schema: JSONSchemaProps) => boolean) => !known.some(schema => someSchema(schema, fits))
  const reviews = old.spec.conversion?.webhook?.conversionReviewVersions ?? []
  const same = crd.spec.versions.filter(version => {
    const before = old.spec.versions.find(({ name }) => name === version.name)
    return before && deepEqual(before.schema, version.schema)
  })
  const sameFields = crd.spec.versions.filter(version => {
    const before = old.spec.versions.find(({ name }) => name === version.name)?.selectableFields ?? []
    return before.length > MAX_SELECTABLE_FIELDS && deepEqual(before, version.selectableFields)
  })
  return {
    recognizedReview: reviews.length === 0 || reviews.some(version => REVIEW_VERSIONS.includes(version)),
    namesFixed: isTrue(old, 'Established'),
    schemaRequired: known.length === schemas.length,
    knownTypes: none(({ type }) => type !== undefined && !TYPES.includes(type)),
    structural: !known.some(isNonStructural),
    prunedDefaults: none(hasUnknownInDefault),
    atomicSets: none(isSetOfOthers),
    mergeableItems: none(schema => hasErrors(at => validateMergeableItems(schema, at))),
    unchanged: new Set(same.map(({ name }) => name)),
    anyBundle: !isTrue(old, 'Established'),
    manyFields: new Set(sameFields.map(({ name }) => name)),
  }
}

function hasErrors(check: (at: At) => void): boolean {
  const at = new At()
  check(at)
  return at.errors.length > 0
}

const isNonStructural = (schema: JSONSchemaProps): boolean =>
  structuralProblem(schema) !== undefined || hasErrors(at => validateStructural(schema, at))

/** Whether a list is a set of what is compared in parts. */
function isSetOfOthers(schema: JSONSchemaProps): boolean {
  const items = schema['x-kubernetes-list-type'] === 'set' ? itemsOf(schema) : undefined
  if (items?.type === 'array') return (items['x-kubernetes-list-type'] ?? 'atomic') !== 'atomic'
  return items?.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic'
}

/** Whether a default says what its schema does not know. */
export function hasUnknownInDefault(schema: JSONSchemaProps): boolean {
  if (schema.default === undefined) return false
  let unknown = false
  try {
    normalizeValue(schema, schema.default, {
      onUnknown() {
        unknown = true
      },
    })
  } catch {
    // What cannot be read at all is another matter.
  }
  return unknown
}
