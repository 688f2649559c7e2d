import { expect, test } from 'vitest'
import { parseYaml, parseYamlDocuments } from './yaml.ts'

test('reads plain words as go-yaml does', () => {
  const text =
    'a: yes\nb: 0644\nc: 1:30\nd: 2020-01-01\ne: ~\nf: 1e3\ng: 0x1f\nh: off\ni: "yes"\nj: 1_000\nk: -5\nl: .5'
  expect(parseYaml(text)).toEqual({
    a: true,
    b: 420,
    c: '1:30',
    d: '2020-01-01',
    e: null,
    f: 1000,
    g: 31,
    h: false,
    i: 'yes',
    j: 1000,
    k: -5,
    l: 0.5,
  })
})

test('names a key that stands twice', () => {
  const duplicates: string[] = []
  expect(parseYaml('a: 1\nb: 2\na: 3\n', key => duplicates.push(key))).toEqual({ a: 3, b: 2 })
  expect(duplicates).toEqual(['a'])
})

test('refuses an alias bomb', () => {
  const lines = ['a0: &a0 [x,x,x,x,x,x,x,x,x]']
  for (let i = 1; i < 9; i++)
    lines.push(
      `a${i}: &a${i} [${Array(9)
        .fill(`*a${i - 1}`)
        .join(',')}]`,
    )
  expect(() => parseYaml(lines.join('\n'))).toThrow('excessive aliasing')
})

test('splits a stream into its documents', () => {
  expect(parseYamlDocuments('---\na: 1\n---\n---\nb: 2\n')).toEqual([{ a: 1 }, { b: 2 }])
})
