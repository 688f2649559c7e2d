import { expect, test } from 'vitest'
import type { ObjectMeta } from '../meta/object-meta.ts'
import { At } from './at.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts'

const good: ObjectMeta = { name: 'a', namespace: 'default', resourceVersion: '1', uid: 'u' }

function errors(check: (at: At) => void): string[] {
  const at = new At()
  check(at.child('metadata'))
  return at.errors.map(error => `${error.field}: ${error.message}`)
}
const created = (meta: ObjectMeta, namespaced = true) => errors(at => validateObjectMeta(meta, at, { namespaced }))
const updated = (meta: ObjectMeta, old: ObjectMeta) => errors(at => validateObjectMetaUpdate(meta, old, at))

test('good metadata passes', () => {
  expect(created({ ...good, labels: { a: 'b' }, annotations: { 'Example.com/X': 'anything goes' } })).toEqual([])
})

test.each<[string, ObjectMeta, string]>([
  ['no name', { namespace: 'x' }, 'metadata.name: Required value: name or generateName is required'],
  ['a bad name', { ...good, name: 'A' }, 'metadata.name: Invalid value: "A": a lowercase RFC 1123 subdomain must'],
  ['no namespace', { name: 'a' }, 'metadata.namespace: Required value'],
  ['a bad label', { ...good, labels: { a: '-' } }, 'metadata.labels: Invalid value: "-": a valid label must'],
  ['a bad finalizer', { ...good, finalizers: ['a b'] }, 'metadata.finalizers: Invalid value: "a b": name part must'],
  [
    'two finalizers that exclude each other',
    { ...good, finalizers: ['orphan', 'foregroundDeletion'] },
    'finalizer orphan and foregroundDeletion cannot be both set',
  ],
  [
    'an owner without UID',
    { ...good, ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: '' }] },
    'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
  ],
  [
    'too many annotations',
    { ...good, annotations: { a: 'x'.repeat(300_000) } },
    'metadata.annotations: Too long: may not be more than 262144 bytes',
  ],
])('%s', (_, meta, message) => {
  expect(created(meta).join('\n')).toContain(message)
})

test('a cluster-wide object has no namespace', () => {
  expect(created(good, false)).toEqual(['metadata.namespace: Forbidden: not allowed on this type'])
})

test('only one owner controls', () => {
  const owner = (name: string) => ({ apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid: name, controller: true })
  expect(created({ ...good, ownerReferences: [owner('a'), owner('b')] })[0]).toContain(
    'Only one reference can have Controller set to true. Found "true" in references for ReplicaSet/a and ReplicaSet/b',
  )
})

test('an update keeps what identifies the object', () => {
  expect(updated({ ...good, name: 'b' }, good)).toEqual(['metadata.name: Invalid value: "b": field is immutable'])
  expect(updated({ ...good, resourceVersion: '' }, good)).toEqual([
    'metadata.resourceVersion: Invalid value: "": must be specified for an update',
  ])
})

test('an object under deletion gets no new finalizers', () => {
  const dying = { ...good, deletionTimestamp: '2024-01-01T00:00:00Z' }
  expect(updated({ ...dying, finalizers: ['a.b/c'] }, dying)).toEqual([
    'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"a.b/c"}',
  ])
})
