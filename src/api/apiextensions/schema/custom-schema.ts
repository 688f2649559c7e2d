import { objectMeta } from '../../../apimachinery/meta/object-meta.ts'
import { decode } from '../../../apimachinery/schema/decode.ts'
import type { KubeObject } from '../../../apimachinery/schema/kind.ts'
import type { DecodeOptions } from '../../../apimachinery/schema/types.ts'
import { At, type FieldErrorType } from '../../../apimachinery/validation/at.ts'
import type { JSONSchemaProps } from '../json-schema-props.ts'
import { type RuleTree, rulesOf } from '../rules/rule-tree.ts'
import { validateRules } from '../rules/validate-rules.ts'
import { Correlation } from './correlation.ts'
import { validateEmbedded } from './embedded.ts'
import { validateListTypes } from './list-types.ts'
import { normalize } from './normalize.ts'
import { validateValue } from './validate-value.ts'

/** Rules are not evaluated about values that have not even the form they count on. */
const BLOCKING: ReadonlySet<FieldErrorType> = new Set<FieldErrorType>([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
])
const UNCHECKED =
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation'

/** What the schema of one version of a custom resource does: brings objects into form and says what is wrong with them. */
export class CustomSchema {
  readonly schema: JSONSchemaProps
  readonly #keepUnknown: boolean
  /** Warnings that checking an object gave. */
  readonly #warnings = new WeakMap<KubeObject, readonly string[]>()
  #rules: RuleTree | null | undefined

  /** `keepUnknown`: nothing is dropped, as in definitions with preserveUnknownFields. */
  constructor(schema: JSONSchemaProps = {}, keepUnknown = false) {
    this.schema = schema
    this.#keepUnknown = keepUnknown
  }

  /** A fresh object in the schema's form. Throws DecodeError for metadata that is none. */
  normalize(value: object, options: DecodeOptions): KubeObject {
    const object = this.#keepUnknown ? keepAll(value) : normalize(this.schema, value, options)
    object.metadata ??= {}
    return object as unknown as KubeObject
  }

  /** `more`: what else there is to check before the rules. */
  validateCreate(object: KubeObject, at: At, more: () => void): void {
    validateValue(this.schema, object, at)
    more()
    validateEmbedded(this.schema, object, at)
    validateListTypes(this.schema, object, at)
    this.#validateRules(object, at)
  }

  validateUpdate(object: KubeObject, old: KubeObject, at: At, more: () => void): void {
    const correlation = new Correlation(object, old, this.schema)
    validateValue(this.schema, object, at, { correlation })
    more()
    validateEmbedded(this.schema, object, at)
    if (this.#listsWereRight(old)) validateListTypes(this.schema, object, at)
    this.#validateRules(object, at, old, correlation)
  }

  validateStatusUpdate(object: KubeObject, old: KubeObject, at: At, more: () => void): void {
    const { status } = object as { status?: unknown }
    const schema = this.schema.properties?.status
    const correlation = new Correlation(object, old, this.schema)
    if (status !== undefined && schema) {
      validateValue(schema, status, at.child('status'), { correlation: correlation.key('status') })
    }
    more()
    if (this.#listsWereRight(old)) validateListTypes(this.schema, object, at)
    this.#validateRules(object, at, old, correlation)
  }

  /** What is wrong with an object that has been checked, but was so before. */
  warningsOf(object: KubeObject): readonly string[] {
    return this.#warnings.get(object) ?? []
  }

  #validateRules(object: KubeObject, at: At, old?: KubeObject, correlation?: Correlation): void {
    // Compiled when first needed: most definitions are never used.
    if (this.#rules === undefined) this.#rules = rulesOf(this.schema, true) ?? null
    if (!this.#rules) return
    if (at.errors.some(({ type }) => BLOCKING.has(type))) at.child('<nil>').invalid(null, UNCHECKED)
    else this.#warnings.set(object, validateRules(this.#rules, object, old, at, correlation))
  }

  #listsWereRight(old: KubeObject): boolean {
    const before = new At()
    validateListTypes(this.schema, old, before)
    return before.errors.length === 0
  }
}

function keepAll(value: object): Record<string, unknown> {
  const { metadata, ...rest } = value as { metadata?: unknown }
  return { ...(metadata !== undefined && { metadata: decode(objectMeta, metadata) }), ...structuredClone(rest) }
}
