import { expect, test } from 'vitest'
import { VirtualClock } from './virtual-clock.ts'

const SECOND = 1000

function watched() {
  const clock = new VirtualClock(0)
  const fired: string[] = []
  const timer = (ms: number, name: string) => clock.timer(ms, () => fired.push(`${name} at ${clock.now()}`))
  return { clock, fired, timer }
}

test('timers fire in order of their time, then of their making', async () => {
  const { clock, fired, timer } = watched()
  timer(2 * SECOND, 'late')
  timer(SECOND, 'first')
  timer(SECOND, 'second')
  timer(SECOND, 'none').cancel()
  await clock.advance(2 * SECOND)
  expect(fired).toEqual(['first at 1000', 'second at 1000', 'late at 2000'])
  expect(clock.nextDue()).toBeUndefined()
})

test('after a jump all that fell due meanwhile fires at once', () => {
  const { clock, fired, timer } = watched()
  timer(2 * SECOND, 'later')
  timer(SECOND, 'sooner')
  timer(10 * SECOND, 'far')
  clock.jump(5 * SECOND)
  expect(fired).toEqual(['sooner at 5000', 'later at 5000'])
  expect(clock.nextDue()).toBe(10 * SECOND)
})

test('a step of the clock on the wall leaves timers the time they had', async () => {
  const { clock, fired, timer } = watched()
  timer(2 * SECOND, 'forward')
  clock.step(60 * SECOND)
  expect(clock.nextDue()).toBe(62 * SECOND)
  await clock.advance(2 * SECOND)
  timer(2 * SECOND, 'back')
  clock.step(-60 * SECOND)
  await clock.advance(2 * SECOND)
  expect(fired).toEqual(['forward at 62000', 'back at 4000'])
})
