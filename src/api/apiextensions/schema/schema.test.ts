import { describe, expect, test } from 'vitest'
import { At } from '../../../apimachinery/validation/at.ts'
import type { JSONSchemaProps } from '../json-schema-props.ts'
import { validateListTypes } from './list-types.ts'
import { normalize } from './normalize.ts'
import { validateStructural } from './validate-structural.ts'
import { validateValue } from './validate-value.ts'

const shown = (check: (at: At) => void) => {
  const at = new At()
  check(at)
  return at.errors.map(({ field, message }) => `${field}: ${message}`)
}
const object = (properties: Record<string, JSONSchemaProps>, more: JSONSchemaProps = {}): JSONSchemaProps => ({
  type: 'object',
  properties,
  ...more,
})
const text: JSONSchemaProps = { type: 'string' }

describe('bringing into form', () => {
  test('unknown fields are reported by their paths', () => {
    const unknown: string[] = []
    const schema = object({ list: { type: 'array', items: object({ a: text }) } })
    const value = { apiVersion: 'v1', x: 1, list: [{ a: 'a', b: 1 }], metadata: { name: 'n', odd: 1 } }
    expect(normalize(schema, value, { onUnknown: path => void unknown.push(path) })).toEqual({
      apiVersion: 'v1',
      list: [{ a: 'a' }],
      metadata: { name: 'n' },
    })
    expect(unknown).toEqual(['x', 'list[0].b', 'metadata.odd'])
  })

  test('defaults within defaults, and within items', () => {
    const inner = object({ a: { ...text, default: 'A' } }, { default: {} })
    const schema = object({ inner, list: { type: 'array', items: inner } })
    expect(normalize(schema, { list: [{}] }, { defaults: true })).toEqual({ inner: { a: 'A' }, list: [{ a: 'A' }] })
    expect(normalize(schema, { list: [{}] })).toEqual({ list: [{}] })
  })

  test('fields with the names of JavaScript’s own are fields like others', () => {
    const value = JSON.parse('{"__proto__": {"a": "x"}, "constructor": "y"}')
    const kept = normalize({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true }, value)
    expect(JSON.stringify(kept)).toBe(JSON.stringify(value))
    expect(normalize(object({}), value)).toEqual({})
  })
})

describe('checking', () => {
  test.each<[string, JSONSchemaProps, unknown, string[]]>([
    [
      'allOf',
      { allOf: [{ minimum: 3 }] },
      2,
      [
        'x: Invalid value: 2: x in body should be greater than or equal to 3',
        '<nil>: Invalid value: "": "x" must validate all the schemas (allOf). None validated',
      ],
    ],
    [
      'an exclusive maximum',
      { type: 'integer', maximum: 3, exclusiveMaximum: true },
      3,
      ['x: Invalid value: 3: x in body should be less than 3'],
    ],
    [
      'numbers of properties',
      { type: 'object', maxProperties: 1 },
      { a: 1, b: 2 },
      ['x: Too many: 2: must have at most 1 items'],
    ],
    [
      'anyOf',
      { anyOf: [{ minimum: 3 }, { maximum: 1 }] },
      2,
      [
        '<nil>: Invalid value: "": "x" must validate at least one schema (anyOf)',
        'x: Invalid value: 2: x in body should be greater than or equal to 3',
      ],
    ],
    ['not', { not: { minimum: 1 } }, 2, ['<nil>: Invalid value: "": "x" must not validate the schema (not)']],
  ])('%s', (_, schema, value, expected) => {
    expect(shown(at => validateValue(object({ x: schema }), { x: value }, at))).toEqual(expected)
  })

  test('lengths count characters', () => {
    expect(shown(at => validateValue({ type: 'string', maxLength: 2 }, '👑👑', at))).toEqual([])
  })

  test('duplicates are looked for at every depth', () => {
    const set: JSONSchemaProps = { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'integer' } }
    const schema = object({ a: { type: 'object', additionalProperties: set } })
    expect(shown(at => validateListTypes(schema, { a: { k: [1, 2, 1, 1] } }, at))).toEqual([
      'a[k][2]: Duplicate value: 1',
    ])
  })
})

test('what keeps a schema from being structural', () => {
  const port: JSONSchemaProps = { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] }
  const stated = object({ a: {}, b: { type: 'string', anyOf: [{ type: 'string' }] }, port })
  const schema = { ...stated, oneOf: [{ properties: { y: { minLength: 1 } } }] }
  expect(shown(at => validateStructural(schema, at.child('s')))).toEqual([
    's.properties[a].type: Required value: must not be empty for specified object fields',
    's.properties[b].anyOf[0].type: Forbidden: must be empty to be structural',
    's.properties[y]: Required value: because it is defined in s.oneOf[0].properties[y]',
  ])
})
