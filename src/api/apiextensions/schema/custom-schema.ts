import { objectMeta } from '../../../apimachinery/meta/object-meta.ts'
import { decode } from '../../../apimachinery/schema/decode.ts'
import type { KubeObject } from '../../../apimachinery/schema/kind.ts'
import type { DecodeOptions } from '../../../apimachinery/schema/types.ts'
import { At } from '../../../apimachinery/validation/at.ts'
import type { JSONSchemaProps } from '../json-schema-props.ts'
import { Correlation } from './correlation.ts'
import { validateEmbedded } from './embedded.ts'
import { validateListTypes } from './list-types.ts'
import { normalize } from './normalize.ts'
import { validateValue } from './validate-value.ts'

/** What the schema of one version of a custom resource does: brings objects into form and says what is wrong with them. */
export class CustomSchema {
  readonly schema: JSONSchemaProps
  readonly #keepUnknown: boolean

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
  }

  validateUpdate(object: KubeObject, old: KubeObject, at: At, more: () => void): void {
    validateValue(this.schema, object, at, { correlation: new Correlation(object, old, this.schema) })
    more()
    validateEmbedded(this.schema, object, at)
    if (this.#listsWereRight(old)) validateListTypes(this.schema, object, at)
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
