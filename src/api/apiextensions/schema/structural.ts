import type { JSONSchemaProps } from '../json-schema-props.ts'

/** Fields of an object that are not its kind's own: of every object, and of every embedded one. */
export const META_FIELDS: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata'])

/** The schema of a list's items, where it is one schema. */
export const itemsOf = ({ items }: JSONSchemaProps): JSONSchemaProps | undefined =>
  Array.isArray(items) ? undefined : items

/** The schema of keys that are not stated, where there is one. */
export const additionalOf = ({ additionalProperties }: JSONSchemaProps): JSONSchemaProps | undefined =>
  typeof additionalProperties === 'object' ? additionalProperties : undefined

/** The schema of a field by its name; also fields called `constructor` and the like are only theirs who state them. */
export const propertyOf = ({ properties }: JSONSchemaProps, name: string): JSONSchemaProps | undefined =>
  properties && Object.hasOwn(properties, name) ? properties[name] : undefined

export const keepsUnknown = (schema: JSONSchemaProps | undefined): boolean =>
  schema?.['x-kubernetes-preserve-unknown-fields'] === true

export const isEmbedded = (schema: JSONSchemaProps | undefined): boolean =>
  schema?.['x-kubernetes-embedded-resource'] === true

/** The schema as that of a whole object, whose apiVersion, kind and metadata go without saying. */
export const asResource = (schema: JSONSchemaProps = {}): JSONSchemaProps =>
  isEmbedded(schema) ? schema : { ...schema, 'x-kubernetes-embedded-resource': true }

export type JsonObject = Record<string, unknown>
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Whether this schema or one below it fits. */
export function someSchema(schema: JSONSchemaProps | undefined, fits: (schema: JSONSchemaProps) => boolean): boolean {
  if (!schema) return false
  if (fits(schema)) return true
  const below = [
    ...(Array.isArray(schema.items) ? schema.items : [schema.items]),
    ...(schema.allOf ?? []),
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
    schema.not,
    ...Object.values(schema.properties ?? {}),
    additionalOf(schema),
    ...Object.values(schema.patternProperties ?? {}),
    typeof schema.additionalItems === 'object' ? schema.additionalItems : undefined,
    ...Object.values(schema.definitions ?? {}),
    ...Object.values(schema.dependencies ?? {}).filter(dependency => !Array.isArray(dependency)),
  ]
  return below.some(child => someSchema(child as JSONSchemaProps | undefined, fits))
}
