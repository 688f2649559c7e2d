import { expect, test } from 'vitest'
import { deepEqual, deepFreeze, duplicateKeys, parseJson } from './json.ts'

test('a key whose value is undefined is as good as absent', () => {
  expect(deepEqual({ a: 1, b: undefined }, { a: 1 })).toBe(true)
  expect(deepEqual({ a: 1 }, { a: 1, b: undefined })).toBe(true)
  expect(deepEqual({ a: undefined }, { a: null })).toBe(false)
  expect(deepEqual([1, { b: [] }], [1, { b: [] }])).toBe(true)
  expect(deepEqual([1], { 0: 1 })).toBe(false)
})

test('a frozen object is what its text says, without undefined keys', () => {
  const value: { a?: string; b: { c?: string; d: object[] } } = {
    a: undefined,
    b: { c: undefined, d: [{ e: undefined }] },
  }
  expect(Object.isFrozen(deepFreeze(value).b.d[0])).toBe(true)
  expect(Object.keys(value)).toEqual(['b'])
  expect(value).toStrictEqual({ b: { d: [{}] } })
})

test('names keys that stand twice, with their path', () => {
  expect(duplicateKeys('{"a":{"b":1,"b":2},"c":[{"d":1},{"d":1,"d":"x\\"d\\":"}]}')).toEqual(['a.b', 'c[1].d'])
  expect(duplicateKeys('{"a":"{\\"x\\":1,\\"x\\":2}"}')).toEqual([])
})

test('refuses nesting deeper than Go does', () => {
  expect(() => parseJson('['.repeat(20_000) + ']'.repeat(20_000))).toThrow('exceeded max depth')
})
