import { expect, test } from 'vitest'
import { samplesOf } from './exposition.ts'

const read = (text: string, ...names: string[]) => [...samplesOf(text, new Set(names))]

test('samples have a name, labels, a value and perhaps a time', () => {
  const text = '# HELP cpu Processors\n# TYPE cpu counter\ncpu{pod="a",ns="x y"} 1.5e3 1700000000123\ncpu 2\nother 3\n'
  expect(read(text, 'cpu')).toEqual([
    { name: 'cpu', labels: { pod: 'a', ns: 'x y' }, value: 1500, at: 1700000000123 },
    { name: 'cpu', labels: {}, value: 2 },
  ])
})

test('labels may have quotes, backslashes, line breaks and braces', () => {
  expect(read('m{a="say \\"hi\\"",b="c:\\\\d",c="1\\n2",d="{}",} 1', 'm')[0]!.labels).toEqual({
    a: 'say "hi"',
    b: 'c:\\d',
    c: '1\n2',
    d: '{}',
  })
})

test('there are numbers that are none', () => {
  expect(read('m{a="1"} +Inf\nm{a="2"} -Inf\nm{a="3"} NaN', 'm').map(({ value }) => value)).toEqual([
    Infinity,
    -Infinity,
    Number.NaN,
  ])
})
