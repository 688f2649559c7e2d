import {
  type AnyType,
  bool,
  type Fields,
  int64,
  type Json,
  list,
  type Message,
  map,
  message,
  ref,
  string,
  types,
} from '../../apimachinery/schema/types.ts'

const APIEXTENSIONS = 'k8s.io.apiextensions-apiserver.pkg.apis.apiextensions'

/** One rule in CEL (x-kubernetes-validations). */
export interface ValidationRule {
  rule: string
  message?: string
  messageExpression?: string
  reason?: string
  fieldPath?: string
  optionalOldSelf?: boolean
}

/** A JSON schema as custom resource definitions have it: OpenAPI v3's without references, and Kubernetes' extensions. */
export interface JSONSchemaProps {
  id?: string
  $schema?: string
  $ref?: string
  description?: string
  type?: string
  format?: string
  title?: string
  default?: Json
  maximum?: number
  exclusiveMaximum?: boolean
  minimum?: number
  exclusiveMinimum?: boolean
  maxLength?: number
  minLength?: number
  pattern?: string
  maxItems?: number
  minItems?: number
  uniqueItems?: boolean
  multipleOf?: number
  enum?: Json[]
  maxProperties?: number
  minProperties?: number
  required?: string[]
  items?: JSONSchemaProps | JSONSchemaProps[]
  allOf?: JSONSchemaProps[]
  oneOf?: JSONSchemaProps[]
  anyOf?: JSONSchemaProps[]
  not?: JSONSchemaProps
  properties?: Record<string, JSONSchemaProps>
  additionalProperties?: JSONSchemaProps | boolean
  patternProperties?: Record<string, JSONSchemaProps>
  dependencies?: Record<string, JSONSchemaProps | string[]>
  additionalItems?: JSONSchemaProps | boolean
  definitions?: Record<string, JSONSchemaProps>
  externalDocs?: { description?: string; url?: string }
  example?: Json
  nullable?: boolean
  'x-kubernetes-preserve-unknown-fields'?: boolean
  'x-kubernetes-embedded-resource'?: boolean
  'x-kubernetes-int-or-string'?: boolean
  'x-kubernetes-list-map-keys'?: string[]
  'x-kubernetes-list-type'?: string
  'x-kubernetes-map-type'?: string
  'x-kubernetes-validations'?: ValidationRule[]
}

/** Makes the message JSONSchemaProps. */
function makeJsonSchemaProps(): Message<JSONSchemaProps> {
  const name = (of: string) => `${APIEXTENSIONS}.v1.${of}`
  // The fields follow: the message is in its own fields.
  const schema = message(
    name('JSONSchemaProps'),
    {},
    { doc: 'A JSON schema.' },
  ) as unknown as Message<JSONSchemaProps> & { fields: Fields }

  const json: AnyType = { kind: 'any', definition: { name: name('JSON'), doc: 'Any JSON value.' } }
  const orArray = message(
    name('JSONSchemaPropsOrArray'),
    { schema: ref(1, schema).doc('The schema.'), jSONSchemas: list(2, schema).doc('Several schemas.') },
    { doc: 'A JSON schema, or several.', union: value => (Array.isArray(value) ? 'jSONSchemas' : 'schema') },
  )
  const orBool = message(
    name('JSONSchemaPropsOrBool'),
    { schema: ref(2, schema).doc('The schema.'), allows: bool(1).pointer().doc('Whether anything is allowed.') },
    {
      doc: 'A JSON schema, or whether anything is allowed.',
      union: value => (typeof value === 'object' ? 'schema' : 'allows'),
      beside: { schema: { allows: true } },
    },
  )
  const orStringArray = message(
    name('JSONSchemaPropsOrStringArray'),
    { schema: ref(1, schema).doc('The schema.'), property: list(2, types.string).doc('Names.') },
    { doc: 'A JSON schema, or names.', union: value => (Array.isArray(value) ? 'property' : 'schema') },
  )
  const externalDocumentation = message(
    name('ExternalDocumentation'),
    { description: string(1).doc('What it is.'), url: string(2).doc('Where it is.') },
    { doc: 'Points at documentation.' },
  )
  const validationRule = message(
    name('ValidationRule'),
    {
      rule: string(1).present().doc('What must hold, in CEL; self is the value.'),
      message: string(2).doc('What to say when it does not.'),
      messageExpression: string(3).doc('The same, as a CEL expression that gives a string.'),
      reason: string(4)
        .pointer()
        .doc('The kind of error: FieldValueInvalid, FieldValueForbidden, FieldValueRequired or FieldValueDuplicate.'),
      fieldPath: string(5).doc('The field the error is about, as a path from the value.'),
      optionalOldSelf: bool(6).pointer().doc('Whether oldSelf is optional, so that the rule is also for new values.'),
    },
    { doc: 'A rule in CEL.' },
  )
  Object.assign(schema.fields, {
    id: string(1).doc('Not allowed.'),
    $schema: string(2).doc('Not allowed.'),
    $ref: string(3).pointer().doc('Not allowed.'),
    description: string(4).doc('What the value is.'),
    type: string(5).doc('Type of the value: object, array, string, integer, number or boolean.'),
    format: string(6).doc('Form of the value, as date-time or int32; unknown ones are ignored.'),
    title: string(7).doc('A short name.'),
    default: ref(8, json).doc('The value when none is given.'),
    maximum: ref(9, types.double).pointer().doc('The greatest number allowed.'),
    exclusiveMaximum: bool(10).doc('Whether the maximum itself is not allowed.'),
    minimum: ref(11, types.double).pointer().doc('The least number allowed.'),
    exclusiveMinimum: bool(12).doc('Whether the minimum itself is not allowed.'),
    maxLength: int64(13).pointer().doc('Most characters.'),
    minLength: int64(14).pointer().doc('Least characters.'),
    pattern: string(15).doc('A regular expression (RE2) that must match somewhere.'),
    maxItems: int64(16).pointer().doc('Most items.'),
    minItems: int64(17).pointer().doc('Least items.'),
    uniqueItems: bool(18).doc('Not allowed; see x-kubernetes-list-type.'),
    multipleOf: ref(19, types.double).pointer().doc('A number of which the value is a multiple.'),
    enum: list(20, json).atomic().doc('The values allowed.'),
    maxProperties: int64(21).pointer().doc('Most keys.'),
    minProperties: int64(22).pointer().doc('Least keys.'),
    required: list(23, types.string).atomic().doc('Fields that must be there.'),
    items: ref(24, orArray).doc('The schema of the items.'),
    allOf: list(25, schema).atomic().doc('Schemas that must all hold.'),
    oneOf: list(26, schema).atomic().doc('Schemas of which exactly one must hold.'),
    anyOf: list(27, schema).atomic().doc('Schemas of which one must hold.'),
    not: ref(28, schema).doc('A schema that must not hold.'),
    properties: map(29, schema).doc('The fields, by name.'),
    additionalProperties: ref(30, orBool).doc('The schema of all other keys.'),
    patternProperties: map(31, schema).doc('Not allowed.'),
    dependencies: map(32, orStringArray).doc('Not allowed.'),
    additionalItems: ref(33, orBool).doc('Not allowed.'),
    definitions: map(34, schema).doc('Not allowed.'),
    externalDocs: ref(35, externalDocumentation).doc('Documentation elsewhere.'),
    example: ref(36, json).doc('A value as it may be.'),
    nullable: bool(37).doc('Whether null is allowed.'),
    'x-kubernetes-preserve-unknown-fields': bool(38)
      .pointer()
      .doc('Whether fields that are not stated are kept; true or not there.'),
    'x-kubernetes-embedded-resource': bool(39).doc('Whether the value is a Kubernetes object itself.'),
    'x-kubernetes-int-or-string': bool(40).doc('Whether the value is an integer or a string.'),
    'x-kubernetes-list-map-keys': list(41, types.string)
      .atomic()
      .doc('Fields that tell the items of a map list apart.'),
    'x-kubernetes-list-type': string(42).pointer().doc('What kind of list: atomic, set or map.'),
    'x-kubernetes-map-type': string(43).pointer().doc('Whether fields merge: granular, or atomic.'),
    'x-kubernetes-validations': list(44, validationRule).mapKeys('rule').patchMerge('rule').doc('Rules in CEL.'),
  } satisfies Fields)
  return schema
}

export const jsonSchemaProps = makeJsonSchemaProps()
