import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { drained } from './drained.ts'

test('waiting for a slow reader again and again leaves nothing behind', async () => {
  const stream = new PassThrough({ highWaterMark: 1 })
  const listeners = () => stream.eventNames().map(name => [name, stream.listenerCount(name)])
  const before = listeners()
  for (let i = 0; i < 20; i++) {
    expect(stream.write('text')).toBe(false)
    const waiting = drained(stream)
    stream.read()
    await waiting
  }
  expect(listeners()).toEqual(before)
})

test('a reader that is gone is not waited for', async () => {
  const stream = new PassThrough({ highWaterMark: 1 })
  stream.write('text')
  const waiting = drained(stream)
  stream.destroy()
  await waiting
  await drained(stream)
})
