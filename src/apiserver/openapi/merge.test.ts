import { expect, test } from 'vitest'
import { mergeSpec } from './merge.ts'

const ref = (name: string) => ({ $ref: `#/definitions/${name}` })
const ours = { paths: { '/api/v1/pods': {} }, definitions: { Meta: { type: 'object' }, Same: { type: 'string' } } }

test('takes the paths below the prefix, and the definitions that they need', () => {
  const theirs = {
    paths: { '/apis/a/v1/things': { get: { schema: ref('Thing') } }, '/apis/a/v10/things': {}, '/version': {} },
    definitions: {
      Thing: { properties: { part: ref('Part'), same: ref('Same') } },
      Part: { properties: { whole: ref('Thing') } },
      Same: { type: 'string' },
      Unused: {},
    },
  }
  const merged = mergeSpec(ours, theirs, '/apis/a/v1')
  expect(Object.keys(merged.paths)).toEqual(['/api/v1/pods', '/apis/a/v1/things'])
  expect(Object.keys(merged.definitions).sort()).toEqual(['Meta', 'Part', 'Same', 'Thing'])
})

test('renames a definition that differs from ours', () => {
  const theirs = {
    paths: { '/apis/a/v1/things': { get: ref('Thing') } },
    definitions: { Thing: { properties: { metadata: ref('Meta') } }, Meta: { type: 'object', description: 'theirs' } },
  }
  const merged = mergeSpec(ours, theirs, '/apis/a/v1')
  expect(merged.definitions).toMatchObject({
    Meta: { type: 'object' },
    Meta_v2: { type: 'object', description: 'theirs' },
    Thing: { properties: { metadata: ref('Meta_v2') } },
  })
})

test('a document without any of it adds nothing', () => {
  expect(mergeSpec(ours, {}, '/apis/a/v1')).toEqual(ours)
})
