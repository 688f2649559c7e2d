import { type Job, job } from '../api/batch/job.ts'
import { isReason } from '../apimachinery/errors.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { type Again, again, controller } from '../client/controller.ts'

/** Deletes Jobs some time after their end, where they say so (upstream pkg/controller/ttlafterfinished). */
export const ttlAfterFinishedController = controller({
  name: 'ttl-after-finished',
  for: job,
  writes: [{ kind: job as unknown as Kind, verbs: ['get', 'delete'] }],

  async reconcile(cached: Job, { client, clock }): Promise<Again | undefined> {
    const left = untilExpired(cached, clock.now())
    if (left === undefined || left > 0) return again(left)
    try {
      // The time may have been changed since: ask the server itself.
      const fresh = await client.get(job, cached.metadata)
      const still = fresh.metadata.uid === cached.metadata.uid ? untilExpired(fresh, clock.now()) : undefined
      if (still === undefined || still > 0) return again(still)
      await client.delete(job, { metadata: fresh.metadata }, { propagationPolicy: 'Foreground' })
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error
    }
    return undefined
  },
})

/** Milliseconds until a Job is to go; undefined while it runs, or when it stays. */
function untilExpired({ metadata, spec, status }: Job, now: number): number | undefined {
  const end = status.conditions?.find(c => (c.type === 'Complete' || c.type === 'Failed') && c.status === 'True')
  if (spec.ttlSecondsAfterFinished === undefined || !end?.lastTransitionTime || metadata.deletionTimestamp) {
    return undefined
  }
  return Math.max(0, Date.parse(end.lastTransitionTime) + spec.ttlSecondsAfterFinished * 1000 - now)
}
