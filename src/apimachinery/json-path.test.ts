import { expect, test } from 'vitest'
import { compileJsonPath } from './json-path.ts'

const value = {
  spec: {
    'a.b': 1,
    list: [
      { name: 'x', n: 1 },
      { name: 'y', n: 2 },
      { name: 'z', n: 3 },
    ],
  },
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
}

test.each<[string, unknown[]]>([
  ['.spec.list[0].name', ['x']],
  [".spec['a.b']", [1]],
  ['.spec.a\\.b', [1]],
  ['.spec.list[*].n', [1, 2, 3]],
  ['.spec.list[1:3].n', [2, 3]],
  ['.spec.list[-1].n', [3]],
  ['..name', ['x', 'y', 'z']],
  ['.status.conditions[?(@.type=="Ready")].status', ['True']],
  ['.status.conditions[?(@.type=="Other")].status', []],
  ['.none.at.all', []],
])('%s finds %j', (path, found) => expect(compileJsonPath(path).find(value)).toEqual(found))

test.each(['.a[', '.a[?(', '.'.repeat(3)])('%s is none', path => expect(() => compileJsonPath(path)).toThrow())
