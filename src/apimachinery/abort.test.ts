import { expect, test } from 'vitest'
import { anySignal } from './abort.ts'

test('aborts with the first of its sources, for the same reason', () => {
  const [a, b] = [new AbortController(), new AbortController()]
  const any = anySignal(a.signal, b.signal)
  expect(any.aborted).toBe(false)
  b.abort(new Error('b'))
  a.abort(new Error('a'))
  expect((any.reason as Error).message).toBe('b')
})

test('is aborted from the start when a source is', () => {
  expect(anySignal(new AbortController().signal, AbortSignal.abort(new Error('past'))).aborted).toBe(true)
})
