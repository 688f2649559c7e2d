import { objectMeta } from '../../../apimachinery/meta/object-meta.ts'
import { decode } from '../../../apimachinery/schema/decode.ts'
import type { At } from '../../../apimachinery/validation/at.ts'
import { isDNS1035Label, isPathSegmentName } from '../../../apimachinery/validation/names.ts'
import { validateObjectMeta } from '../../../apimachinery/validation/object-meta.ts'
import type { JSONSchemaProps } from '../json-schema-props.ts'
import { additionalOf, isEmbedded, isObject, itemsOf, type JsonObject, propertyOf } from './structural.ts'

/** Checks objects within an object: they have an apiVersion, a kind and proper metadata (upstream's schema/objectmeta). */
export function validateEmbedded(schema: JSONSchemaProps | undefined, value: unknown, at: At): void {
  if (!schema) return
  if (Array.isArray(value)) value.forEach((item, i) => void validateEmbedded(itemsOf(schema), item, at.index(i)))
  if (!isObject(value)) return
  if (isEmbedded(schema)) validateObject(value, at)
  const additional = additionalOf(schema)
  for (const [key, child] of Object.entries(value)) {
    if (typeof child !== 'object') continue
    const stated = propertyOf(schema, key)
    if (stated) validateEmbedded(stated, child, at.child(key))
    else if (additional) validateEmbedded(additional, child, at.key(key))
  }
}

function validateObject(value: JsonObject, at: At): void {
  const { apiVersion, kind, metadata } = value
  const [version, named] = [at.child('apiVersion'), at.child('kind')]
  if (apiVersion === undefined) version.required()
  else if (typeof apiVersion !== 'string') version.invalid(apiVersion, 'must be a string')
  else if (apiVersion === '') version.invalid(apiVersion, 'must not be empty')
  else if (apiVersion.split('/').length > 2) {
    version.invalid(apiVersion, `unexpected GroupVersion string: ${apiVersion}`)
  }
  if (kind === undefined) named.required()
  else if (typeof kind !== 'string') named.invalid(kind, 'must be a string')
  else if (kind === '') named.invalid(kind, 'must not be empty')
  else {
    const problems = isDNS1035Label(kind.toLowerCase())
    if (problems.length > 0) {
      named.invalid(kind, `may have mixed case, but should otherwise match: ${problems.join(',')}`)
    }
  }
  if (metadata !== undefined) validateMetadata(metadata, at.child('metadata'))
}

function validateMetadata(metadata: unknown, at: At): void {
  try {
    const meta = decode(objectMeta, metadata)
    // An object within another may be a template, which has no name.
    validateObjectMeta({ ...meta, name: meta.name || 'fakename' }, at, {
      namespaced: meta.namespace !== undefined && meta.namespace !== '',
      nameFormat: isPathSegmentName,
    })
  } catch (error) {
    at.invalid(metadata, (error as Error).message)
  }
}
