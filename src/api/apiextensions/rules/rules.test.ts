import { describe, expect, test } from 'vitest'
import { At } from '../../../apimachinery/validation/at.ts'
import type { JSONSchemaProps, ValidationRule } from '../json-schema-props.ts'
import { Correlation } from '../schema/correlation.ts'
import { escapeName } from './escape.ts'
import { parseFieldPath } from './field-path.ts'
import { rulesOf } from './rule-tree.ts'
import { shapeOf } from './shape.ts'
import { validateRules } from './validate-rules.ts'

const ruled = (schema: JSONSchemaProps, ...rules: ValidationRule[]): JSONSchemaProps => ({
  ...schema,
  'x-kubernetes-validations': rules,
})
const int: JSONSchemaProps = { type: 'integer' }
const within = (x: JSONSchemaProps): JSONSchemaProps => ({ type: 'object', properties: { x } })

function judge(schema: JSONSchemaProps, value: unknown, old?: unknown) {
  const at = new At()
  const correlation = old === undefined ? undefined : new Correlation(value, old, schema)
  const warnings = validateRules(rulesOf(schema, true)!, value, old, at, correlation)
  return { errors: at.errors.map(({ field, message }) => `${field}: ${message}`), warnings }
}
const errors = (schema: JSONSchemaProps, value: unknown, old?: unknown) => judge(schema, value, old).errors

describe('names', () => {
  test.each([
    ['plain', 'plain'],
    ['a-b', 'a__dash__b'],
    ['a.b/c', 'a__dot__b__slash__c'],
    ['a__b', 'a__underscores__b'],
    ['namespace', '__namespace__'],
    ['1a', undefined],
    ['a b', undefined],
    ['', undefined],
  ])('%s is %s', (name, escaped) => expect(escapeName(name)).toBe(escaped))
})

describe('paths', () => {
  const schema: JSONSchemaProps = {
    type: 'object',
    properties: { spec: { type: 'object', additionalProperties: within(int) }, 'a.b': int },
  }
  test.each([
    [".spec['k'].x", 'spec[k].x'],
    ['.spec.k', 'spec[k]'],
    ["['a.b']", 'a.b'],
  ])('%s is %s', (text, path) => expect(parseFieldPath(text, schema).path).toBe(path))
  test.each([
    ['spec', 'expected [ or . but got: spec'],
    ['.none', 'does not refer to a valid field'],
    ['.spec[0]', 'expected single quoted string but got 0'],
    ['.', 'unexpected end of JSON path'],
    [".spec['k'", 'unexpected end of JSON path'],
  ])('%s is none', (text, message) => expect(() => parseFieldPath(text, schema)).toThrow(message))
})

test('sizes are those that fit into a request', () => {
  const list = shapeOf({ type: 'array', items: within(int) }, false, 'self')!
  expect([list.maxSize, list.item!.minBytes]).toEqual([Math.floor((3 * 2 ** 20 - 2) / 3), 2])
  expect(shapeOf({ type: 'string', maxLength: 5 }, false, 'self')!.maxSize).toBe(20)
  expect(shapeOf({ type: 'string', enum: ['ab', 'c'] }, false, 'self')!.maxSize).toBe(2)
  expect(shapeOf({ 'x-kubernetes-preserve-unknown-fields': true }, false, 'self')).toBeUndefined()
})

describe('places', () => {
  test('items, keys and fields are told by their paths', () => {
    const positive = ruled(int, { rule: 'self > 0' })
    const schema = within({ type: 'array', items: within({ type: 'object', additionalProperties: positive }) })
    expect(errors(schema, { x: [{ x: { a: 1 } }, { x: { b: 0 } }] })).toEqual([
      'x[1].x[b]: Invalid value: 0: failed rule: self > 0',
    ])
  })

  test('rules within allOf are about the same value', () => {
    const schema: JSONSchemaProps = {
      ...ruled(within(int), { rule: 'true' }),
      allOf: [{ properties: { x: ruled({}, { rule: 'self > 1', message: 'more' }) } }],
    }
    expect(errors(schema, { x: 1 })).toEqual(['x: Invalid value: 1: more'])
  })

  test('a reason and a field path', () => {
    const schema = ruled(within(int), {
      rule: 'self.x > 0',
      reason: 'FieldValueRequired',
      fieldPath: '.x',
      message: 'm',
    })
    expect(errors(schema, { x: 0 })).toEqual(['x: Required value: m'])
  })
})

describe('transitions', () => {
  const grows = ruled(int, { rule: 'self >= oldSelf' })
  test('there is none for what is new', () => expect(errors(within(grows), { x: 1 })).toEqual([]))
  test('fields are told by their names', () => {
    expect(errors(within(grows), { x: 1 }, { x: 2 })).toEqual(['x: Invalid value: 1: failed rule: self >= oldSelf'])
  })
  test('items of map lists by their keys', () => {
    const schema = within({
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['k'],
      items: { type: 'object', properties: { k: { type: 'string' }, n: grows } },
    })
    const old = {
      x: [
        { k: 'a', n: 5 },
        { k: 'b', n: 1 },
      ],
    }
    expect(
      errors(
        schema,
        {
          x: [
            { k: 'b', n: 0 },
            { k: 'a', n: 5 },
            { k: 'c', n: 0 },
          ],
        },
        old,
      ),
    ).toEqual(['x[0].n: Invalid value: 0: failed rule: self >= oldSelf'])
  })
  test('an optional old self is there for new values too', () => {
    const schema = within(
      ruled(int, { rule: 'oldSelf.hasValue() ? self > oldSelf.value() : self == 0', optionalOldSelf: true }),
    )
    expect(errors(schema, { x: 1 })).toHaveLength(1)
    expect(errors(schema, { x: 0 })).toEqual([])
    expect(errors(schema, { x: 2 }, { x: 1 })).toEqual([])
  })
  test('what fails as it did before is told as a warning', () => {
    const schema: JSONSchemaProps = { type: 'object', properties: { x: ruled(int, { rule: 'self > 0' }), y: int } }
    expect(judge(schema, { x: 0, y: 2 }, { x: 0, y: 1 })).toEqual({
      errors: [],
      warnings: ['x: Invalid value: 0: failed rule: self > 0'],
    })
    expect(judge(schema, { x: -1 }, { x: 0 }).errors).toHaveLength(1)
  })
})

describe('budgets', () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => i)
  test('one evaluation', () => {
    const schema = ruled(
      within({ type: 'array', items: int }),
      { rule: 'self.x.all(a, self.x.all(b, a + b >= 0))' },
      { rule: 'false' },
    )
    expect(errors(schema, { x: many(500) })).toEqual([
      `<nil>: Invalid value: "object": 'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: self.x.all(a, self.x.all(b, a + b >= 0))`,
    ])
  })
  test('all of one object', () => {
    const items = ruled({ type: 'array', items: int } as JSONSchemaProps, {
      rule: 'self.all(a, self.all(b, a + b >= 0))',
    })
    const schema = within({ type: 'array', items })
    const value = { x: many(20).map(() => many(330)) }
    expect(errors(schema, value)).toEqual([
      expect.stringMatching(
        /^x\[\d+\]: Invalid value: "array": validation failed due to running out of cost budget, no further validation rules will be run$/,
      ),
    ])
  })
})
