import { expect, test } from 'vitest'
import { percentOf, scaledValue } from './intstr.ts'

test('a number stands for itself', () => {
  expect(scaledValue(3, 10, 'up')).toBe(3)
})

test('a percentage is rounded as asked', () => {
  expect(scaledValue('25%', 6, 'up')).toBe(2)
  expect(scaledValue('25%', 6, 'down')).toBe(1)
})

test('other strings are refused', () => {
  expect(() => scaledValue('5', 10, 'up')).toThrow(
    'invalid value for IntOrString: invalid type: string is not a percentage',
  )
  expect(() => scaledValue('x%', 10, 'up')).toThrow('strconv.Atoi: parsing "x": invalid syntax')
})

test('the percentage is read', () => {
  expect(percentOf('40%')).toBe(40)
  expect(percentOf(40)).toBeUndefined()
})
