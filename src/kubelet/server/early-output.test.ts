import { expect, test } from 'vitest'
import { outputBefore } from './early-output.ts'

const before = (log: string, since: string, atLeast = 0) =>
  outputBefore(Buffer.from(log), Buffer.from(since), atLeast)?.toString()

test('what came through an attachment is not shown from the log again', () => {
  expect(before('one\ntwo\n', '')).toBe('one\ntwo\n')
  expect(before('one\ntwo\n', 'two\n')).toBe('one\n')
  expect(before('one\ntwo\n', 'one\ntwo\n')).toBe('')
  expect(before('same\nsame\n', 'same\n')).toBe('same\n')
  expect(before('\n\n\n', '\n')).toBe('\n\n')
})

test('a line whose beginning was missed is completed', () => {
  expect(before('one\n/ # ls\n', 'ls\n')).toBe('one\n/ # ')
})

test('what comes after the log was read plays no part', () => {
  expect(before('one\ntwo\n', 'two\nthree\n')).toBe('one\n')
  expect(before('one\n', '/ # ')).toBe('one\n')
})

test('a log that lacks what must be there is waited for', () => {
  expect(before('one\n', 'two\nthree\n', 4)).toBeUndefined()
  expect(before('', 'one\n', 4)).toBeUndefined()
  expect(before('one\n', 'two\n')).toBeUndefined()
  expect(before('one\ntwo\n', 'two\nthree\n', 4)).toBe('one\n')
})

test('an attachment that lags behind the log does not repeat it', () => {
  expect(before('one\ntwo\nthree\nfour\n', 'two\nthr')).toBe('one\n')
})
