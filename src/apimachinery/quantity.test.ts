import { expect, test } from 'vitest'
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  isZeroQuantity,
  quantityFrom,
  quantityFromMilli,
  quantityMilliValue,
  quantitySign,
  quantityValue,
  subtractQuantities,
} from './quantity.ts'

test.each([
  ['0', '0'],
  ['0Ki', '0'],
  ['0.5', '500m'],
  ['1024Mi', '1Gi'],
  ['1e3', '1e3'],
  ['1E6', '1E6'],
  ['0.1Gi', '107374182400m'],
  ['0.5Mi', '512Ki'],
  ['0.5Ki', '512'],
  ['1.5', '1500m'],
  ['1.500', '1.500'],
  ['1000m', '1'],
  ['2000k', '2M'],
  ['100m', '100m'],
  ['128Mi', '128Mi'],
  ['1536Mi', '1536Mi'],
  ['-5', '-5'],
  ['.001', '1m'],
  ['1.', '1.'],
  ['3.001n', '4n'],
  ['0.0000000001', '1n'],
  ['0.000000000001Ki', '2n'],
  ['9Ei', '9223372036854775807'],
  ['12E', '12E'],
  ['1.2e3', '1200'],
])('%s is written as %s', (input, output) => {
  expect(canonicalQuantity(input)).toBe(output)
})

test('numbers are taken as well as strings', () => {
  expect(canonicalQuantity(0.1)).toBe('100m')
  expect(canonicalQuantity(2)).toBe('2')
})

test.each(['', 'x', '1.2.3', '1 Gi', '1G i'])('%j is not a quantity', input => {
  expect(() => canonicalQuantity(input)).toThrow(
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  )
})

test('an unknown suffix is refused', () => {
  expect(() => canonicalQuantity('1KiB')).toThrow('quantities must match')
  expect(() => canonicalQuantity('1mm')).toThrow("unable to parse quantity's suffix")
  expect(() => canonicalQuantity('1e99999999')).toThrow("unable to parse quantity's suffix")
})

test('amounts compare across formats', () => {
  expect(compareQuantities('1Gi', '1024Mi')).toBe(0)
  expect(compareQuantities('1G', '1Gi')).toBe(-1)
  expect(compareQuantities('1', '999m')).toBe(1)
})

test('sums keep the format of the first unless it is zero', () => {
  expect(addQuantities('100m', '1.9')).toBe('2')
  expect(addQuantities('0', '1Gi')).toBe('1Gi')
  expect(subtractQuantities('1Gi', '512Mi')).toBe('512Mi')
  expect(subtractQuantities('1', '2')).toBe('-1')
})

test('whole values round away from zero', () => {
  expect(quantityValue('1500m')).toBe(2)
  expect(quantityValue('1Gi')).toBe(2 ** 30)
  expect(quantityMilliValue('0.5')).toBe(500)
  expect(quantityMilliValue('1u')).toBe(1)
  expect(quantityValue('-1500m')).toBe(-2)
})

test('sign and zero', () => {
  expect([quantitySign('-1m'), quantitySign('0'), quantitySign('1n')]).toEqual([-1, 0, 1])
  expect(isZeroQuantity('0Mi')).toBe(true)
})

test('quantities are made from numbers', () => {
  expect(quantityFrom(2 ** 30, 'BinarySI')).toBe('1Gi')
  expect(quantityFromMilli(1500)).toBe('1500m')
})
