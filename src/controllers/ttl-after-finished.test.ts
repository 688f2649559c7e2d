import { expect } from 'vitest'
import { seconds, worldTest } from '../../test/support/world.ts'
import { job } from '../api/batch/job.ts'
import { garbageCollector } from './garbage-collector.ts'
import { jobController } from './job.ts'
import { ownedKinds } from './shared/stored-kinds.ts'
import { jobOf } from './testing.ts'
import { ttlAfterFinishedController } from './ttl-after-finished.ts'

const test = worldTest({ controllers: [jobController, ttlAfterFinishedController, garbageCollector(ownedKinds)] })

test('deletes a Job and its pods so many seconds after its end', async ({ world }) => {
  await world.apply(job, jobOf({ ttlSecondsAfterFinished: 60 }))
  await world.advance(seconds(100))
  const [only] = await world.pods()
  await world.setPod(only!, 'Succeeded', false)
  await world.advance(seconds(59))
  expect(await world.find(job, 'work')).toBeDefined()
  await world.advance(seconds(5))
  expect(await world.find(job, 'work')).toBeUndefined()
  expect(await world.pods()).toEqual([])
})
