import { expect, test } from 'vitest'
import { type Catalogue, closureOf, parseDepends } from './debian-packages.ts'

test('a dependency field is groups of alternatives', () => {
  expect(parseDepends('libc6 (>= 2.36), a | b (<< 2), python3:any, libstdc++6')).toEqual([
    ['libc6'],
    ['a', 'b'],
    ['python3'],
    ['libstdc++6'],
  ])
  expect(parseDepends('')).toEqual([])
})

const catalogue: Catalogue = new Map(
  Object.entries({
    app: [['lib'], ['setup'], ['mailer', 'other-mailer']],
    lib: [['app']],
    setup: [['only-for-setup']],
    'only-for-setup': [],
    postfix: [],
    unrelated: [],
  }).map(([name, depends]) => [
    name,
    { name, version: '1', architecture: 'all', depends, provides: name === 'postfix' ? ['mailer'] : [] },
  ]),
)

const names = (without: string[] = []) => closureOf(catalogue, ['app'], without).map(found => found.name)

test('a closure has what is needed, also by other names, and ends despite cycles', () => {
  expect(names()).toEqual(['app', 'lib', 'only-for-setup', 'postfix', 'setup'])
})

test('what is left out takes along what only it needs', () => {
  expect(names(['setup'])).toEqual(['app', 'lib', 'postfix'])
})

test('what is asked for by name is there, even where others are to do without it', () => {
  expect(closureOf(catalogue, ['app', 'setup'], ['setup', 'only-for-setup']).map(found => found.name)).toContain(
    'setup',
  )
})
