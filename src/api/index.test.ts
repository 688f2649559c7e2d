import { expect, test } from 'vitest'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { At } from '../apimachinery/validation/at.ts'
import { allKinds, subresourceKinds } from './index.ts'
import { oldVersions } from './old-versions/index.ts'
import { reach } from './oracle/stated.ts'
import { filled, problems, row, updateProblems } from './testing.ts'

const kinds = [...allKinds, ...subresourceKinds, ...oldVersions]
const title = ({ apiVersion, kind }: Kind) => `${apiVersion} ${kind}`

test.each(kinds.map(kind => [title(kind), kind] as const))('an empty %s breaks no hook', (_title, kind) => {
  const object = filled(kind, { metadata: {} })
  problems(kind, { metadata: {} })
  updateProblems(kind, { metadata: {} }, { metadata: {} })
  kind.validateStatusUpdate?.(object, object, new At())
  kind.warnings?.(object)
  for (const field of Object.values(kind.selectableFields ?? {})) expect(typeof field(object)).toBe('string')
  for (const [name, cell] of Object.entries(row(kind, object))) {
    expect(cell === null || ['string', 'number', 'boolean'].includes(typeof cell), name).toBe(true)
  }
})

test('kinds, plurals and short names are unique within a group', () => {
  const seen = new Set<string>()
  for (const { group, plural, singular, shortNames = [], storedAs } of allKinds) {
    if (storedAs) continue
    for (const name of new Set([plural, singular, ...shortNames])) {
      const key = `${group}/${name}`
      expect(seen.has(key), key).toBe(false)
      seen.add(key)
    }
  }
})

test('every field and every message says what it is for', () => {
  const silent = [...reach(kinds.map(({ message }) => message))].flatMap(message => [
    ...(message.facts.doc ? [] : [message.name]),
    ...Object.entries(message.fields)
      .filter(([name, { facts }]) => !facts.doc && name !== 'metadata')
      .map(([name]) => `${message.name}.${name}`),
  ])
  expect(silent).toEqual([])
})
