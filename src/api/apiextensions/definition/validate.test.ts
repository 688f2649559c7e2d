import { describe, expect, test } from 'vitest'
import { At } from '../../../apimachinery/validation/at.ts'
import type { CustomResourceDefinition } from '../definition-messages.ts'
import type { JSONSchemaProps } from '../json-schema-props.ts'
import { definitionWarnings, validateDefinition, validateDefinitionUpdate } from './validate.ts'

const version = (name: string, schema: JSONSchemaProps, more: object = {}) => ({
  name,
  served: true,
  storage: name === 'v1',
  schema: { openAPIV3Schema: schema },
  ...more,
})

function definition(schema: JSONSchemaProps, spec: object = {}): CustomResourceDefinition {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
      conversion: { strategy: 'None' },
      versions: [version('v1', schema)],
      ...spec,
    },
    status: { conditions: [], acceptedNames: { plural: '', kind: '' }, storedVersions: ['v1'] },
  } as unknown as CustomResourceDefinition
}

function problems(crd: CustomResourceDefinition, old?: CustomResourceDefinition): string[] {
  const at = new At()
  if (old) validateDefinitionUpdate(crd, old, at)
  else validateDefinition(crd, at)
  return at.errors.map(({ field, message }) => `${field}: ${message}`)
}

const field = (schema: JSONSchemaProps): JSONSchemaProps => ({
  type: 'object',
  properties: { spec: { type: 'object', properties: { x: schema } } },
})
const X = 'spec.validation.openAPIV3Schema.properties[spec].properties[x]'

test('a plain definition is fine', () => {
  expect(problems(definition(field({ type: 'string' })))).toEqual([])
})

describe('the definition itself', () => {
  test.each<[string, object, string[]]>([
    [
      'a group without a dot',
      { group: 'example' },
      [
        'metadata.name: Invalid value: "widgets.example.com": must be spec.names.plural+"."+spec.group',
        'spec.group: Invalid value: "example": should be a domain with at least one dot',
      ],
    ],
    [
      'an unknown scope',
      { scope: 'World' },
      ['spec.scope: Unsupported value: "World": supported values: "Cluster", "Namespaced"'],
    ],
    [
      'no schema',
      { versions: [{ name: 'v1', served: true, storage: true }] },
      ['spec.versions[0].schema.openAPIV3Schema: Required value'],
    ],
    [
      'one kind for objects and lists',
      { names: { plural: 'widgets', singular: 'w', kind: 'A', listKind: 'A' } },
      ['spec.names.listKind: Invalid value: "A": kind and listKind may not be the same'],
    ],
    [
      'unknown fields kept by everything',
      { preserveUnknownFields: true },
      [
        'spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
      ],
    ],
    [
      'a webhook without a place',
      { conversion: { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v9'] } } },
      [
        'spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook',
        'spec.conversion.conversionReviewVersions: Invalid value: ["v9"]: must include at least one of v1, v1beta1',
      ],
    ],
  ])('%s', (_, spec, expected) => {
    expect(problems(definition({ type: 'object' }, spec))).toEqual(expected)
  })

  test('two storage versions, and a column without a path', () => {
    const columns = [{ name: 'A', type: 'string', jsonPath: 'spec' }]
    const crd = definition(
      {},
      {
        versions: [
          version('v1', { type: 'object' }, { additionalPrinterColumns: columns }),
          version('v2', { type: 'object' }, { storage: true }),
        ],
      },
    )
    expect(problems(crd)).toEqual([
      'spec.versions[0].additionalPrinterColumns[0].JSONPath: Invalid value: "spec": must be a simple json path starting with .',
      expect.stringMatching(
        /^spec.versions: Invalid value: \[.*\]: must have exactly one version marked as storage version$/,
      ),
      'status.storedVersions: Invalid value: ["v1"]: must have the storage version v2',
    ])
  })

  test('a protected group without approval', () => {
    const crd = definition({ type: 'object' }, { group: 'apps.k8s.io' })
    crd.metadata.name = 'widgets.apps.k8s.io'
    expect(problems(crd)).toEqual([
      'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111',
    ])
  })
})

describe('schemas', () => {
  test.each<[string, JSONSchemaProps, string[]]>([
    ['a list without items', { type: 'array' }, [`${X}.items: Required value: must be specified`]],
    [
      'an unknown type',
      { type: 'strange' },
      [
        `${X}.type: Unsupported value: "strange": supported values: "array", "boolean", "integer", "number", "object", "string"`,
      ],
    ],
    [
      'unique items',
      { type: 'array', items: { type: 'string' }, uniqueItems: true },
      [`${X}.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic`],
    ],
    ['a reference', { $ref: '#/a' }, [`${X}.$ref: Forbidden: $ref is not supported`]],
    [
      'a default of the wrong type',
      { type: 'integer', default: 'a' },
      [
        `${X}.default: Invalid value: "string": default in body must be of type integer: "string"`.replace(
          'default in body',
          ' in body',
        ),
      ],
    ],
    [
      'a default with unknown fields',
      { type: 'object', properties: { a: { type: 'string' } }, default: { b: 1 } },
      [`${X}.default: Invalid value: {"b":1}: must not have unknown fields`],
    ],
    [
      'a map list whose key may be missing',
      {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['k'],
        items: { type: 'object', properties: { k: { type: 'string' } } },
      },
      [
        `${X}.items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`,
      ],
    ],
    [
      'a list type for a string',
      { type: 'string', 'x-kubernetes-list-type': 'set' },
      [`${X}.type: Invalid value: "string": must be array if x-kubernetes-list-type is specified`],
    ],
  ])('%s', (_, schema, expected) => {
    expect(problems(definition(field(schema)))).toEqual(expected)
  })

  test('a root with more than the status could have', () => {
    const crd = definition(
      {},
      {
        versions: [version('v1', { type: 'object', minProperties: 1 }, { subresources: { status: {} } })],
      },
    )
    expect(problems(crd)).toEqual([
      expect.stringContaining('fields are allowed at the root of the schema if the status subresource is enabled'),
    ])
  })

  test('formats that nobody knows and odd sets are told as warnings', () => {
    const crd = definition(
      field({
        type: 'array',
        'x-kubernetes-list-type': 'set',
        items: {
          type: 'object',
          'x-kubernetes-map-type': 'atomic',
          properties: { f: { type: 'string', format: 'odd' } },
        },
      }),
    )
    expect(definitionWarnings(crd)).toEqual([
      'unrecognized format "odd"',
      'x-kubernetes-list-type: set for items of type "object" is not supported by server-side apply or CEL validation rules',
    ])
    expect(definitionWarnings(crd, crd)).toEqual([])
  })
})

describe('rules', () => {
  const ruled = (rule: string, more: object = {}, type: JSONSchemaProps = { type: 'integer' }) =>
    definition(field({ ...type, 'x-kubernetes-validations': [{ rule, ...more }] }))
  const RULE = `${X}.x-kubernetes-validations[0]`

  test.each<[string, CustomResourceDefinition, string[]]>([
    ['a fine one', ruled('self > 0', { message: 'must be positive' }), []],
    ['an empty one', ruled(' '), [`${RULE}.rule: Required value: rule is not specified`]],
    [
      'one that is no bool',
      ruled('self + 1'),
      [
        `${RULE}.rule: Invalid value: {"Rule":"self + 1","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: cel expression must evaluate to a bool`,
      ],
    ],
    [
      'one that names what is not there',
      ruled('self.y \u003e 1'),
      [
        `${RULE}.rule: Invalid value: {"Rule":"self.y \\u003e 1","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: compilation failed: ERROR: <input>:1:5: type 'int' does not support field selection\n | self.y > 1\n | ....^`,
      ],
    ],
    [
      'a message in two lines',
      ruled('true', { message: 'a\nb' }),
      [`${RULE}.message: Invalid value: "a\\nb": must not contain line breaks`],
    ],
    [
      'an unknown reason',
      ruled('true', { reason: 'Odd' }),
      [
        `${RULE}.reason: Unsupported value: "Odd": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"`,
      ],
    ],
    [
      'optionalOldSelf without oldSelf',
      ruled('true', { optionalOldSelf: true }),
      [`${RULE}.optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule`],
    ],
    [
      'one that is too dear',
      ruled('self.all(a, self.all(b, a == b))', {}, { type: 'array', items: { type: 'string' } }),
      [
        `${RULE}.rule: Forbidden: estimated rule cost exceeds budget by factor of more than 100x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`,
        `${RULE}.rule: Forbidden: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema`,
        'spec.validation.openAPIV3Schema: Forbidden: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of more than 100x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)',
      ],
    ],
  ])('%s', (_, crd, expected) => {
    expect(problems(crd)).toEqual(expected)
  })

  test('items of plain lists have no old self', () => {
    const items: JSONSchemaProps = { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self > oldSelf' }] }
    expect(problems(definition(field({ type: 'array', maxItems: 9, items })))).toEqual([
      `${X}.items.x-kubernetes-validations[0].rule: Invalid value: "self > oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within ${X}`,
    ])
  })
})

describe('changes', () => {
  test('a stored version must stay, and the group', () => {
    const old = definition({ type: 'object' })
    const crd = definition(
      {},
      { group: 'example.org', versions: [version('v2', { type: 'object' }, { storage: true })] },
    )
    crd.status.storedVersions = ['v1', 'v2']
    expect(problems(crd, old)).toEqual([
      'spec.group: Invalid value: "example.org": field is immutable',
      'status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v1 and removes v1 from status.storedVersions',
    ])
  })

  test('what was wrong before rules came may stay so', () => {
    const old = definition(field({ type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'object' } }))
    expect(problems(old)).not.toEqual([])
    expect(problems(old, old)).toEqual([])
  })
})
