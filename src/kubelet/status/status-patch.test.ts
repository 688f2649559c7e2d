import { expect, test } from 'vitest'
import { statusPatch } from './status-patch.ts'

const condition = (status: string) => ({ type: 'Ready', status, lastTransitionTime: '2026-01-01T00:00:00Z' })

test('nothing changed, nothing to write', () => {
  const status = { phase: 'Running', podIP: '10.0.0.1', conditions: [condition('True')] }
  expect(statusPatch(status, { ...status })).toBeUndefined()
})

test('only what changed is written; lists joined by key are replaced as a whole', () => {
  const from = { phase: 'Pending', podIPs: [{ ip: '10.0.0.1' }], reason: 'Old' }
  const to = { phase: 'Running', podIPs: [{ ip: '10.0.0.2' }] }
  expect(statusPatch(from, to)).toEqual({
    phase: 'Running',
    podIPs: [{ $patch: 'replace' }, { ip: '10.0.0.2' }],
    reason: null,
  })
})

test('conditions of others stay', () => {
  const from = { conditions: [condition('False'), { type: 'example.com/gate', status: 'True' }] }
  const patch = statusPatch(from, { conditions: [condition('True')] })
  expect(patch?.conditions).toMatchObject([{ type: 'Ready', status: 'True', reason: null, message: null }])
})
