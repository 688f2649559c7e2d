import { expect, test } from 'vitest'
import {
  everything,
  formatLabelSelector,
  formatLabels,
  nothing,
  parseSelector,
  selectorFromLabels,
  selectorOf,
} from './labels.ts'

const labels = { app: 'web', tier: 'front', release: '12' }

test.each([
  ['app=web', true],
  ['app==web,tier=front', true],
  ['app=db', false],
  ['app!=db', true],
  ['missing!=db', true],
  ['tier in (front, back)', true],
  ['tier notin (front,back)', false],
  ['missing notin (a)', true],
  ['app', true],
  ['!app', false],
  ['!missing', true],
  ['release>9', true],
  ['release<9', false],
  ['app in (in,web)', true],
  ['', true],
])('%s matches: %s', (selector, matches) => {
  expect(parseSelector(selector).matches(labels)).toBe(matches)
})

test('selectors are written sorted by key', () => {
  expect(parseSelector('z=1, a in (y,x),!b,c').toString()).toBe('a in (x,y),!b,c,z=1')
})

test('an empty value may be left out', () => {
  expect(parseSelector('a=').matches({ a: '' })).toBe(true)
  expect(parseSelector('a in (,b)').matches({ a: '' })).toBe(true)
  expect(parseSelector('a in ()').matches({ a: '' })).toBe(true)
})

test.each([
  ['a in', "unable to parse requirement: found '' expected: '('"],
  ['a,', "found '', expected: identifier after ','"],
  ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
  ['a=b c', "found 'c', expected: ',' or 'end of string'"],
  ['(a)', "found '(', expected: !, identifier, or 'end of string'"],
  [
    'a>x',
    `unable to parse requirement: values[0]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer`,
  ],
  [
    'a=-',
    'unable to parse requirement: values[0][a]: Invalid value: "-": a valid label must be an empty string or consist of',
  ],
  ['-a=b', 'unable to parse requirement: <nil>: Invalid value: "-a": name part must consist of'],
])('%s is refused', (selector, message) => {
  expect(() => parseSelector(selector)).toThrow(message)
})

test('the exact value of a label is known for indexes', () => {
  expect(parseSelector('a=1,b').exact('a')).toBe('1')
  expect(parseSelector('a in (1,2)').exact('a')).toBeUndefined()
})

test('a LabelSelector object compiles; none selects nothing, an empty one everything', () => {
  expect(selectorOf(undefined)).toBe(nothing)
  expect(selectorOf({})).toBe(everything)
  const selector = selectorOf({
    matchLabels: { app: 'web' },
    matchExpressions: [{ key: 'tier', operator: 'In', values: ['front'] }],
  })
  expect(selector.matches(labels)).toBe(true)
  expect(selector.toString()).toBe('app=web,tier in (front)')
  expect(() => selectorOf({ matchExpressions: [{ key: 'a', operator: 'Gt', values: ['1'] }] })).toThrow(
    '"Gt" is not a valid label selector operator',
  )
})

test('labels and selectors are shown', () => {
  expect(formatLabels({ b: '2', a: '1' })).toBe('a=1,b=2')
  expect(formatLabels(undefined)).toBe('<none>')
  expect(formatLabelSelector({})).toBe('<none>')
  expect(formatLabelSelector({ matchLabels: { a: '1' } })).toBe('a=1')
})

test('labels named like members of Object do not match by accident', () => {
  expect(parseSelector('a').matches({})).toBe(false)
  expect(selectorFromLabels({ a: '1' }).matches(undefined)).toBe(false)
})
