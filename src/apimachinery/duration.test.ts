import { expect, test } from 'vitest'
import { formatDuration, humanDuration, parseDuration, shortHumanDuration } from './duration.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

test.each([
  ['1h30m', 90 * MINUTE, '1h30m0s'],
  ['300ms', 300, '300ms'],
  ['1.5s', 1500, '1.5s'],
  ['-2m', -2 * MINUTE, '-2m0s'],
  ['0', 0, '0s'],
  ['10us', 0.01, '10µs'],
])('%s is %d ms and written as %s', (text, ms, written) => {
  expect(parseDuration(text)).toBe(ms)
  expect(formatDuration(ms)).toBe(written)
})

test('what is not a duration is refused in Go’s words', () => {
  expect(() => parseDuration('5')).toThrow('time: missing unit in duration "5"')
  expect(() => parseDuration('5y')).toThrow('time: unknown unit "y" in duration "5y"')
  expect(() => parseDuration('abc')).toThrow('time: invalid duration "abc"')
})

test.each([
  [-3 * SECOND, '<invalid>', '<invalid>'],
  [45 * SECOND, '45s', '45s'],
  [119 * SECOND, '119s', '1m'],
  [200 * SECOND, '3m20s', '3m'],
  [20 * MINUTE, '20m', '20m'],
  [3 * HOUR, '3h', '3h'],
  [7 * HOUR + 5 * MINUTE, '7h5m', '7h'],
  [47 * HOUR, '47h', '1d'],
  [3 * DAY + 4 * HOUR, '3d4h', '3d'],
  [10 * DAY, '10d', '10d'],
  [740 * DAY, '2y10d', '2y'],
  [3000 * DAY, '8y', '8y'],
])('an age of %d ms shows as %s, in short %s', (ms, human, short) => {
  expect(humanDuration(ms)).toBe(human)
  expect(shortHumanDuration(ms)).toBe(short)
})
