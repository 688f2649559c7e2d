import { expect, test } from 'vitest'
import { normalizeReference } from './reference.ts'

test.each([
  ['nginx', 'docker.io/library/nginx:latest'],
  ['nginx:1.22', 'docker.io/library/nginx:1.22'],
  ['library/nginx:latest', 'docker.io/library/nginx:latest'],
  ['rondochen/python-redis-demo:v1.2', 'docker.io/rondochen/python-redis-demo:v1.2'],
  ['docker.io/nginx', 'docker.io/library/nginx:latest'],
  ['localhost/tsukube/pause:1', 'localhost/tsukube/pause:1'],
  ['localhost:5000/a', 'localhost:5000/a:latest'],
  ['example.test/a/b/c:tag', 'example.test/a/b/c:tag'],
  [`a@sha256:${'0'.repeat(64)}`, `docker.io/library/a@sha256:${'0'.repeat(64)}`],
])('%s means %s', (name, full) => {
  expect(normalizeReference(name)).toBe(full)
})

test.each(['', 'Nginx', 'a b', 'a:', '/a', 'a//', 'a:b:c'])('%j is no name', name => {
  expect(() => normalizeReference(name)).toThrow('is not the name of an image')
})
