import type { At } from '../../../apimachinery/validation/at.ts'
import type { JSONSchemaProps } from '../json-schema-props.ts'
import { additionalOf, isEmbedded, META_FIELDS } from '../schema/structural.ts'
import { structuralProblem, validateStructural } from '../schema/validate-structural.ts'
import { Costs, type ExpressionPlace, placeOf, validateExpressions, validateRuleTexts } from './expression-rules.ts'
import { validateMergeableItems, validateMergeTypes } from './list-rules.ts'
import { type Options, TYPES } from './options.ts'
import { validateDefaults } from './validate-defaults.ts'

/**
 * Checks a schema (upstream's validateCustomResourceDefinitionValidation). `at` is the place of what holds it. `status`: the
 * status subresource is on. `version`: whose schema it is.
 */
export function validateSchema(
  schema: JSONSchemaProps,
  status: boolean,
  options: Options,
  version: string,
  at: At,
): void {
  const place = at.child('openAPIV3Schema')
  const before = at.errors.length
  if (status) validateRoot(schema, place)
  if (schema.nullable) place.child('nullable').forbidden('nullable cannot be true at the root')
  const problem = options.structural ? structuralProblem(schema) : undefined
  let expressions: ExpressionPlace | undefined
  const costs = new Costs()
  if (options.structural && problem === undefined) {
    const count = at.errors.length
    validateStructural(schema, place)
    if (at.errors.length === count) validateDefaults(schema, options.prunedDefaults, place)
    // Rules are only looked at where it is certain what they are about.
    if (at.errors.length === count) expressions = placeOf(schema)
  }
  const suppressed = options.unchanged.has(version)
  new SchemaCheck(options, costs, suppressed).check(schema, place, { root: true, defaults: true }, expressions)
  if (at.errors.length === before && problem !== undefined) place.invalid('', problem)
  costs.say(place)
}

const ROOT_FIELDS =
  'Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations'

/** With a status subresource, only what also holds for the status by itself may be said of the whole. */
function validateRoot(schema: JSONSchemaProps, at: At): void {
  const allowed = ROOT_FIELDS.split(' ')
  for (const [key, value] of Object.entries(schema)) {
    if (value === undefined || value === false || value === '' || value === 0) continue
    if (key === 'type' && value !== 'object') {
      const why = 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled'
      at.child('type').invalid(value, why)
      return
    }
    if (allowed.includes(internalName(key))) continue
    const why = `only [${ROOT_FIELDS}] fields are allowed at the root of the schema if the status subresource is enabled`
    at.invalid(schema, why)
    return
  }
}

/** What upstream calls a field of schemas within the server. */
const internalName = (key: string): string =>
  key
    .replace(/^x-kubernetes-/, 'x-')
    .replace(/^\$/, '')
    .replace(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase())

/** Where in a schema one is. */
interface Context {
  readonly root?: boolean
  /** Defaults are allowed; or why they are not. */
  readonly defaults: true | string
  /** Within the metadata of an object. */
  readonly meta?: boolean
  /** The place above that cannot be told what it was before. */
  readonly uncorrelatable?: At
}

const UNSUPPORTED = ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'] as const

class SchemaCheck {
  readonly #options: Options
  readonly #costs: Costs
  readonly #suppressed: boolean

  constructor(options: Options, costs: Costs, suppressed: boolean) {
    this.#options = options
    this.#costs = costs
    this.#suppressed = suppressed
  }

  check(schema: JSONSchemaProps | undefined, at: At, context: Context, expressions?: ExpressionPlace): void {
    if (!schema) return
    const before = at.errors.length
    this.#own(schema, at, context)
    if (schema.uniqueItems) {
      const why = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'
      at.child('uniqueItems').forbidden(why)
    }
    this.#children(schema, at, context, expressions)
    if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
      at.child('x-kubernetes-preserve-unknown-fields').invalid(false, 'must be true or undefined')
    }
    validateMergeTypes(schema, at, this.#options.atomicSets)
    if (this.#options.mergeableItems) validateMergeableItems(schema, at)
    if (!schema['x-kubernetes-validations']?.length) return
    validateRuleTexts(schema, at)
    if (at.errors.length > before || !expressions) return
    validateExpressions(schema, expressions, at, this.#costs, this.#suppressed, context.uncorrelatable)
  }

  #own(schema: JSONSchemaProps, at: At, { defaults, meta }: Context): void {
    const { type } = schema
    if (this.#options.knownTypes && type && !TYPES.includes(type)) at.child('type').notSupported(type, TYPES)
    if (schema.default !== undefined && defaults !== true) {
      at.child('default').forbidden(`must not be set${defaults && ` ${defaults}`}`)
    }
    for (const key of UNSUPPORTED) if (schema[key] !== undefined) at.child(key).forbidden(`${key} is not supported`)
    if (type === 'null') at.child('type').forbidden('type cannot be set to null, use nullable as an alternative')
    if (Array.isArray(schema.items)) at.child('items').forbidden('items must be a schema object and not an array')
    if (meta && isEmbedded(schema)) {
      at.child('x-kubernetes-embedded-resource').forbidden('must not be used inside of resource meta')
    }
  }

  #children(schema: JSONSchemaProps, at: At, own: Context, expressions: ExpressionPlace | undefined): void {
    const { properties = {}, additionalProperties } = schema
    const context: Context = { ...own, root: false }
    if (additionalProperties !== undefined) {
      const place = at.child('additionalProperties')
      if (Object.keys(properties).length > 0 && additionalProperties !== true) {
        place.forbidden('additionalProperties and properties are mutual exclusive')
      }
      const why = 'inside additionalProperties applying to object metadata'
      const below = own.meta ? { ...context, defaults: why } : context
      const additional = additionalOf(schema)
      this.check(additional, place, below, additional && expressions?.additional(additional))
    }
    for (const [name, property] of Object.entries(properties)) {
      const isMeta = (own.root || isEmbedded(schema)) && META_FIELDS.has(name)
      const below = isMeta ? { ...context, meta: true, ...(own.root && { defaults: `in top-level ${name}` }) } : context
      this.check(property, at.child('properties').key(name), below, expressions?.property(name, property))
    }
    this.check(schema.not, at.child('not'), context)
    for (const key of ['allOf', 'oneOf', 'anyOf'] as const) {
      schema[key]?.forEach((one, i) => void this.check(one, at.child(key).index(i), context))
    }
    for (const [name, one] of Object.entries(schema.definitions ?? {})) {
      this.check(one, at.child('definitions').key(name), context)
    }
    this.#items(schema, at, context, expressions)
    for (const [name, one] of Object.entries(schema.dependencies ?? {})) {
      if (!Array.isArray(one)) this.check(one, at.child('dependencies').key(name), context)
    }
  }

  #items(schema: JSONSchemaProps, at: At, context: Context, expressions: ExpressionPlace | undefined): void {
    const { items } = schema
    if (items === undefined) return
    // Only items of map lists can be told what they were before.
    const correlatable = schema['x-kubernetes-list-type'] === 'map'
    const below = correlatable ? context : { ...context, uncorrelatable: context.uncorrelatable ?? at }
    const place = at.child('items')
    if (Array.isArray(items)) items.forEach((one, i) => void this.check(one, place.index(i), below))
    else this.check(items, place, below, expressions?.items(items))
  }
}
