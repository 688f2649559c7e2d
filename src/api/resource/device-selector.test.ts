import { expect, test } from 'vitest'
import { At } from '../../apimachinery/validation/at.ts'
import { checkSelector, compileSelector } from './device-selector.ts'

const gpu = {
  driver: 'gpu.example.com',
  attributes: {
    model: { string: 'a100' },
    cores: { int: 108 },
    'shared.example.com/ecc': { bool: true },
    driverVersion: { version: '1.10.0' },
  },
  capacity: { memory: { value: '40Gi' } },
}

test.each([
  ['device.driver == "gpu.example.com"', true],
  ['device.attributes["gpu.example.com"].model == "a100"', true],
  ['device.attributes["gpu.example.com"].cores > 200', false],
  ['device.attributes["shared.example.com"].ecc', true],
  ['device.attributes["gpu.example.com"].driverVersion.isGreaterThan(semver("1.9.0"))', true],
  ['device.capacity["gpu.example.com"].memory.compareTo(quantity("32Gi")) >= 0', true],
  ['has(device.attributes["nobody.example.com"].model)', false],
  ['"nobody.example.com" in device.attributes', false],
  ['cel.bind(gpu, device.attributes["gpu.example.com"], gpu.cores == 108 && gpu.model.startsWith("a"))', true],
  ['device.allowMultipleAllocations', false],
])('%s is %s', (expression, expected) => {
  expect(compileSelector(expression).matches(gpu)).toBe(expected)
})

test('what a device does not have cannot be compared', () => {
  const { matches } = compileSelector('device.attributes["gpu.example.com"].colour == "red"')
  expect(() => matches(gpu)).toThrow('no such key: colour')
})

const problems = (expression: string) => {
  const at = new At()
  checkSelector(expression, at.child('cel', 'expression'))
  return at.errors.map(({ message }) => message)
}

test('what is right has no problems', () => {
  expect(problems('device.attributes["a"].b && device.attributes["a"].c.matches("^x")')).toEqual([])
})

test('what is no condition on devices is refused in upstream words', () => {
  expect(problems('device.driver')).toEqual([
    'Invalid value: "device.driver": must evaluate to bool or the unknown type, not string',
  ])
  expect(problems('noSuchVar')).toEqual([
    expect.stringContaining("compilation failed: ERROR: <input>:1:1: undeclared reference to 'noSuchVar'"),
  ])
  expect(problems('device.capacity["a"].memory > 1')).toEqual([
    expect.stringContaining("found no matching overload for '_>_' applied to '(kubernetes.Quantity, int)'"),
  ])
})

test('what could take too long is refused', () => {
  const ten = '[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]'
  const loops = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].reduceRight(
    (inner, name) => `${ten}.all(${name}, ${inner})`,
    `int('1'.find('[0-9]*')) < 100`,
  )
  expect(problems(loops)).toEqual(['Forbidden: too complex, exceeds cost limit'])
})
