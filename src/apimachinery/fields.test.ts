import { expect, test } from 'vitest'
import { escapeFieldValue, parseFieldSelector } from './fields.ts'

const read = (fields: Record<string, string>) => (name: string) => fields[name] ?? ''

test('all requirements must hold', () => {
  const selector = parseFieldSelector('spec.nodeName=n1,status.phase!=Failed')
  expect(selector.matches(read({ 'spec.nodeName': 'n1', 'status.phase': 'Running' }))).toBe(true)
  expect(selector.matches(read({ 'spec.nodeName': 'n1', 'status.phase': 'Failed' }))).toBe(false)
  expect(selector.exact('spec.nodeName')).toBe('n1')
  expect(selector.exact('status.phase')).toBeUndefined()
})

test('values may hold escaped commas and equals signs', () => {
  const value = 'a,b=c\\d'
  const selector = parseFieldSelector(`f=${escapeFieldValue(value)}`)
  expect(selector.matches(read({ f: value }))).toBe(true)
  expect(parseFieldSelector(selector.toString()).requirements).toEqual(selector.requirements)
})

test('an empty value asks for an unset field', () => {
  expect(parseFieldSelector('spec.nodeName=').matches(read({}))).toBe(true)
  expect(parseFieldSelector('').empty).toBe(true)
})

test.each([
  ['a', "invalid selector: 'a'; can't understand 'a'"],
  ['a=b\\x', 'invalid field selector: invalid escape sequence: \\x'],
  ['a=b=c', 'invalid field selector: unescaped character in value: 61'],
])('%s is refused', (selector, message) => {
  expect(() => parseFieldSelector(selector)).toThrow(message)
})
