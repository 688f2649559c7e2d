import { expect, test } from 'vitest'
import { seconds, type World, worldTest } from '../../test/support/world.ts'
import { cronJob } from '../api/batch/cronjob.ts'
import { job } from '../api/batch/job.ts'
import { StatusError } from '../apimachinery/errors.ts'
import { parseSchedule } from './cronjob/schedule.ts'
import { cronJobController } from './cronjob.ts'
import { jobController } from './job.ts'
import { jobOf } from './testing.ts'

const simulated = worldTest({ controllers: [cronJobController, jobController] })

const cronOf = (spec: object = {}) => ({
  metadata: { name: 'tick' },
  spec: { schedule: '*/5 * * * *', jobTemplate: { spec: jobOf().spec }, ...spec },
})
const jobs = async (world: World) => (await world.list(job)).map(({ metadata }) => metadata.name)
const MINUTE = seconds(60)

const next = (schedule: string, after: string, zone?: string) =>
  new Date(parseSchedule(schedule, zone)(Date.parse(after))!).toISOString()

test('reads schedules: steps, names, days of month or week, time zones', () => {
  expect(next('*/15 * * * *', '2026-01-01T00:15:00Z')).toBe('2026-01-01T00:30:00.000Z')
  expect(next('0 9 * * mon-fri', '2026-01-02T10:00:00Z')).toBe('2026-01-05T09:00:00.000Z')
  expect(next('0 0 13 * fri', '2026-01-03T00:00:00Z')).toBe('2026-01-09T00:00:00.000Z')
  expect(next('@every 1h30m', '2026-01-03T00:00:00Z')).toBe('2026-01-03T01:30:00.000Z')
  expect(next('@monthly', '2026-01-03T00:00:00Z')).toBe('2026-02-01T00:00:00.000Z')
  expect(next('0 12 * * *', '2026-07-01T00:00:00Z', 'Europe/Berlin')).toBe('2026-07-01T10:00:00.000Z')
})

test('a time that clocks skip in spring is none', () => {
  expect(next('30 2 * * *', '2026-03-28T12:00:00Z', 'Europe/Berlin')).toBe('2026-03-30T00:30:00.000Z')
})

simulated('starts a Job at each time, and keeps no more than its history', async ({ world }) => {
  await world.apply(cronJob, cronOf({ successfulJobsHistoryLimit: 1 }))
  for (let round = 0; round < 3; round++) {
    await world.advance(5 * MINUTE)
    for (const p of await world.pods()) await world.setPod(p, 'Succeeded', false)
  }
  const { status } = await world.get(cronJob, 'tick')
  expect(status.lastScheduleTime).toBe('2026-01-01T00:15:00Z')
  expect(status.lastSuccessfulTime).toBe('2026-01-01T00:15:00Z')
  expect(await jobs(world)).toHaveLength(1)
  expect(world.errors).toEqual([])
})

for (const [concurrencyPolicy, count] of [
  ['Allow', 2],
  ['Forbid', 1],
  ['Replace', 1],
] as const) {
  simulated(`${concurrencyPolicy} with a Job that still runs`, async ({ world }) => {
    await world.apply(cronJob, cronOf({ concurrencyPolicy }))
    await world.advance(5 * MINUTE)
    const [first] = await jobs(world)
    await world.advance(5 * MINUTE)
    expect(await jobs(world)).toHaveLength(count)
    expect((await jobs(world)).includes(first)).toBe(concurrencyPolicy !== 'Replace')
    expect((await world.get(cronJob, 'tick')).status.active).toHaveLength(count)
  })
}

simulated('starts nothing while suspended, and one Job for all that was missed', async ({ world }) => {
  await world.apply(cronJob, cronOf({ suspend: true }))
  await world.advance(1022 * MINUTE)
  expect(await jobs(world)).toEqual([])
  await world.apply(cronJob, cronOf({ suspend: false }))
  expect(await jobs(world)).toHaveLength(1)
  expect((await world.get(cronJob, 'tick')).status.lastScheduleTime).toBe('2026-01-01T17:00:00Z')
})

simulated('does not start what is later than its deadline', async ({ world }) => {
  await world.apply(cronJob, cronOf({ suspend: true, startingDeadlineSeconds: 60 }))
  await world.advance(7 * MINUTE)
  await world.apply(cronJob, cronOf({ suspend: false, startingDeadlineSeconds: 60 }))
  expect(await jobs(world)).toEqual([])
  await world.advance(3 * MINUTE)
  expect(await jobs(world)).toHaveLength(1)
})

simulated('an interval begins with the CronJob', async ({ world }) => {
  await world.apply(cronJob, cronOf({ schedule: '@every 7m' }))
  await world.advance(6 * MINUTE)
  expect(await jobs(world)).toEqual([])
  await world.advance(2 * MINUTE)
  expect(await jobs(world)).toHaveLength(1)
})

simulated('tells what became of its Jobs', async ({ world }) => {
  await world.apply(cronJob, cronOf())
  await world.advance(5 * MINUTE)
  const [first] = await jobs(world)
  for (const p of await world.pods()) await world.setPod(p, 'Succeeded', false)
  await world.settle()
  await world.advance(5 * MINUTE)
  const second = (await jobs(world)).find(name => name !== first)!
  await world.client.delete(job, { namespace: 'default', name: second })
  await world.settle()
  const { metadata } = await world.get(cronJob, 'tick')
  const owner = { apiVersion: 'batch/v1', kind: 'CronJob', name: 'tick', uid: metadata.uid!, controller: true }
  await world.apply(job, { metadata: { name: 'by-hand', ownerReferences: [owner] }, spec: jobOf().spec })
  expect(await world.events(cronJob)).toEqual(
    expect.arrayContaining([
      `SuccessfulCreate: Created job ${first}`,
      `SawCompletedJob: Saw completed job: ${first}, condition: Complete`,
      `MissingJob: Active job went missing: ${second}`,
      'UnexpectedJob: Saw a job that the controller did not create or forgot: by-hand',
    ]),
  )
})

simulated('tells of its Jobs, and tries at each time, though none can be started', async ({ world }) => {
  await world.apply(cronJob, cronOf())
  await world.advance(5 * MINUTE)
  const tries: number[] = []
  world.fault = ({ verb, kind }) => {
    if (verb !== 'create' || kind.plural !== 'jobs') return
    tries.push(world.clock.now())
    throw new StatusError(403, 'Forbidden', 'exceeded quota')
  }
  await world.client.delete(job, { namespace: 'default', name: (await jobs(world))[0]! })
  await world.settle()
  for (let at = 0; at < 12; at++) await world.advance(5 * MINUTE)
  expect((await world.get(cronJob, 'tick')).status.active ?? []).toEqual([])
  const onTime = tries.filter(time => time % (5 * MINUTE) === 0)
  expect(new Set(onTime).size).toBe(12)
})
