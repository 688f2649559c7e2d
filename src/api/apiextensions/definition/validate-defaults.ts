import type { Json } from '../../../apimachinery/schema/types.ts'
import { At } from '../../../apimachinery/validation/at.ts'
import type { JSONSchemaProps } from '../json-schema-props.ts'
import { rulesOf } from '../rules/rule-tree.ts'
import { validateRules } from '../rules/validate-rules.ts'
import { validateEmbedded } from '../schema/embedded.ts'
import { normalizeValue } from '../schema/normalize.ts'
import { asResource, isEmbedded, itemsOf, META_FIELDS } from '../schema/structural.ts'
import { validateValue } from '../schema/validate-value.ts'
import { hasUnknownInDefault } from './options.ts'

/** Makes a whole object around a value, to see whether its metadata would be right. */
type Surround = (value: unknown) => Record<string, unknown>

const asObject: Surround = value => ({ apiVersion: 'validation/v1', kind: 'Validation', ...(value as object) })

/** Checks that defaults are right by the schemas they stand in (upstream's schema/defaulting). `pruned`: have no more than these. */
export function validateDefaults(root: JSONSchemaProps, pruned: boolean, at: At): void {
  const schema = asResource(root)
  visit(schema, schema, asObject, false, pruned, at)
}

/** `object`: the schema of the whole object around. `meta`: within its metadata. */
function visit(
  schema: JSONSchemaProps,
  object: JSONSchemaProps,
  around: Surround,
  meta: boolean,
  pruned: boolean,
  at: At,
) {
  const embedded = isEmbedded(schema)
  const [whole, surround, inMeta] = embedded ? [schema, asObject, false] : [object, around, meta]
  if (schema.default !== undefined) {
    validateDefault(schema, schema.default, inMeta ? { whole, surround } : undefined, pruned, schema === whole, at)
  }
  const items = itemsOf(schema)
  if (items) visit(items, whole, value => surround([value]), inMeta, pruned, at.child('items'))
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const below = inMeta || (embedded && META_FIELDS.has(name))
    visit(property, whole, value => surround({ [name]: value }), below, pruned, at.child('properties').key(name))
  }
}

function validateDefault(
  schema: JSONSchemaProps,
  value: Json,
  meta: { whole: JSONSchemaProps; surround: Surround } | undefined,
  pruned: boolean,
  root: boolean,
  at: At,
): void {
  const place = at.child('default')
  const count = place.errors.length
  if (!meta && pruned && hasUnknownInDefault(schema)) place.invalid(value, 'must not have unknown fields')
  const wrong = meta ? metadataProblem(meta.whole, meta.surround(value)) : undefined
  if (wrong !== undefined) place.invalid(value, `must result in valid metadata: ${wrong}`)
  else if (!meta) {
    try {
      validateEmbedded(schema, normalizeValue(schema, value), place)
    } catch (error) {
      place.invalid(value, (error as Error).message)
    }
  }
  if (place.errors.length > count) return
  validateValue(schema, value, place)
  const rules = place.errors.length === count ? rulesOf(schema, root) : undefined
  if (!rules) return
  validateRules(rules, value, value, place)
  if (place.errors.length === count) validateRules(rules, value, undefined, place)
}

function metadataProblem(schema: JSONSchemaProps, object: Record<string, unknown>): string | undefined {
  const found = new At()
  try {
    normalizeValue(schema, object)
  } catch (error) {
    return (error as Error).message
  }
  validateEmbedded(schema, object, found)
  return found.errors[0] && `${found.errors[0].field}: ${found.errors[0].message}`
}
