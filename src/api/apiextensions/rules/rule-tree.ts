import type { JSONSchemaProps } from '../json-schema-props.ts'
import { additionalOf, isEmbedded, itemsOf } from '../schema/structural.ts'
import { type CompiledRule, compileRules } from './compile.ts'
import { escapeName } from './escape.ts'
import { type SizedShape, shapeOf } from './shape.ts'

/** The rules of a schema, compiled, and those below it; only of places that have some at or below them. */
export interface RuleTree {
  readonly schema: JSONSchemaProps
  readonly shape: SizedShape | undefined
  readonly rules: readonly CompiledRule[]
  readonly items?: RuleTree
  readonly additional?: RuleTree
  readonly properties: ReadonlyMap<string, RuleTree>
  /** Rules within `allOf`, about the same value. */
  readonly allOf: readonly RuleTree[]
}

/** What messages call the type of whole objects. */
const ROOT = 'selfType'

/** The rules of a schema; undefined where there are none. `root`: the schema is that of a whole object. */
export function rulesOf(schema: JSONSchemaProps, root: boolean): RuleTree | undefined {
  return hasRules(schema) ? treeOf(schema, schema, shapeOf(schema, root, ROOT)) : undefined
}

function hasRules(schema: JSONSchemaProps | undefined): boolean {
  if (!schema) return false
  return (
    (schema['x-kubernetes-validations']?.length ?? 0) > 0 ||
    hasRules(itemsOf(schema)) ||
    hasRules(additionalOf(schema)) ||
    Object.values(schema.properties ?? {}).some(hasRules)
  )
}

/** `stating` has the rules; `schema`, which it is or belongs to, says what values look like. */
function treeOf(
  stating: JSONSchemaProps,
  schema: JSONSchemaProps,
  shape: SizedShape | undefined,
): RuleTree | undefined {
  const rules = shape
    ? compileRules({ ...schema, 'x-kubernetes-validations': stating['x-kubernetes-validations'] }, shape)
    : []
  const items = childOf(itemsOf(stating), itemsOf(schema), shape?.item)
  const additional = childOf(additionalOf(stating), additionalOf(schema), shape?.item)
  const properties = new Map<string, RuleTree>()
  for (const [name, property] of Object.entries(stating.properties ?? {})) {
    const own = schema.properties?.[name]
    const tree = own && shape && childOf(property, own, shapeOfField(shape, name, own))
    if (tree) properties.set(name, tree)
  }
  const allOf = (stating.allOf ?? []).flatMap(one => treeOf(one, schema, shape) ?? [])
  if (rules.length === 0 && !items && !additional && properties.size === 0 && allOf.length === 0) return undefined
  return { schema, shape, rules, items, additional, properties, allOf }
}

function childOf(
  stating: JSONSchemaProps | undefined,
  schema: JSONSchemaProps | undefined,
  shape: SizedShape | undefined,
): RuleTree | undefined {
  return stating && schema && treeOf(stating, schema, shape)
}

/** Fields whose names expressions cannot say have rules of their own all the same. */
export function shapeOfField(shape: SizedShape, name: string, schema: JSONSchemaProps): SizedShape | undefined {
  const escaped = escapeName(name)
  if (escaped === undefined) return shapeOf(schema, isEmbedded(schema), ROOT)
  return shape.fields?.get(escaped)?.shape
}
