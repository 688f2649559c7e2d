import type { Stored } from '../history.ts'
import { controllerOf, type Facts, type Invariant, isConfused, isLive, keyOf, Lately } from './invariant.ts'

const TRACKING = 'batch.kubernetes.io/job-tracking'
const INDEX = 'batch.kubernetes.io/job-completion-index'

/** What really became of a Job's pods, by UID; of an indexed Job also by index. */
interface Truth {
  readonly succeeded: Set<string>
  readonly indexes: Set<string>
  /** Failed, or were deleted. */
  readonly ended: Set<string>
}

const isTracked = ({ metadata }: Stored) => metadata.finalizers?.includes(TRACKING) ?? false
export const isOver = ({ status }: Stored): string | undefined =>
  status?.conditions?.find(
    (c: { type: string; status: string }) => (c.type === 'Complete' || c.type === 'Failed') && c.status === 'True',
  )?.type

/** A Job's numbers are those of its pods: never more, never less, none counted twice, none forgotten. */
export const jobs: Invariant = facts => {
  const truths = new Map<string, Truth>()
  const parallelism = new Lately<number>()
  const truthOf = (uid: string): Truth => {
    const known = truths.get(uid) ?? { succeeded: new Set(), indexes: new Set(), ended: new Set() }
    truths.set(uid, known)
    return known
  }
  const { history } = facts

  return ({ plural, key, before, after, by }) => {
    if (plural === 'jobs') {
      const { uid } = (after ?? before)!.metadata
      if (after) parallelism.set(uid!, after.spec.parallelism, facts.clock.now())
      else parallelism.delete(uid!)
      if (after) checkNumbers(facts, key, before, after, truthOf(uid!))
      else truths.delete(uid!)
    }
    if (plural !== 'pods') return
    const pod = (after ?? before)!
    const owner = controllerOf(pod)
    if (owner?.kind !== 'Job') return
    const truth = truthOf(owner.uid)
    const { uid } = pod.metadata
    if (pod.status?.phase === 'Succeeded') {
      truth.succeeded.add(uid!)
      truth.indexes.add(pod.metadata.annotations?.[INDEX] ?? '')
    }
    if (pod.status?.phase === 'Failed' || !after || after.metadata.deletionTimestamp) truth.ended.add(uid!)
    const parent = history.get('jobs', `${pod.metadata.namespace}/${owner.name}`)
    if (parent?.metadata.uid !== owner.uid || parent.metadata.deletionTimestamp) return
    if (before && isTracked(before) && !(after && isTracked(after))) checkForgotten(facts, parent, pod)
    if (!before && after && by === 'job') checkParallelism(facts, parent, parallelism)
  }
}

function checkNumbers(facts: Facts, key: string, before: Stored | undefined, after: Stored, truth: Truth): void {
  const { status = {}, spec } = after
  const indexed = spec.completionMode === 'Indexed'
  const really = indexed ? truth.indexes.size : truth.succeeded.size
  const waiting = status.uncountedTerminatedPods ?? {}
  const succeeded = (status.succeeded ?? 0) + (indexed ? 0 : (waiting.succeeded?.length ?? 0))
  const about = ['jobs', key] as const
  if (succeeded > really) {
    facts.violated('a Job counts what succeeded', `${key} counts ${succeeded} successes, there were ${really}`, about)
  }
  const failed = (status.failed ?? 0) + (waiting.failed?.length ?? 0)
  if (failed > truth.ended.size) {
    facts.violated(
      'a Job counts what failed',
      `${key} counts ${failed} failures, there were ${truth.ended.size}`,
      about,
    )
  }
  for (const number of ['succeeded', 'failed']) {
    const [old, now] = [before?.status?.[number] ?? 0, status[number] ?? 0]
    if (before && before.metadata.uid === after.metadata.uid && now < old) {
      facts.violated('a Job never counts down', `${key}: ${number} was ${old} and is ${now}`, about)
    }
  }
  if (before && isOver(before) && JSON.stringify(before.status) !== JSON.stringify(after.status)) {
    facts.violated('a Job that is over stays so', `${key} has changed after its end`, about)
  }
  if (isOver(after) === 'Complete' && !(before && isOver(before)) && !spec.successPolicy) {
    if (succeeded !== really || succeeded < (spec.completions ?? 1)) {
      const message = `${key} is complete with ${succeeded} of ${spec.completions}; ${really} succeeded`
      facts.violated('a Job is complete when its pods are', message, about)
    }
  }
}

/** A finalizer may go only once the pod is written down. */
function checkForgotten(facts: Facts, job: Stored, pod: Stored): void {
  if (isOver(job) || pod.status?.phase !== 'Succeeded') return
  const { uid, annotations = {} } = pod.metadata
  const { status, spec } = job
  const noted =
    spec.completionMode === 'Indexed'
      ? parseIndexes(status.completedIndexes).has(Number(annotations[INDEX])) ||
        Number(annotations[INDEX]) >= spec.completions
      : status.uncountedTerminatedPods?.succeeded?.includes(uid)
  if (noted) return
  facts.violated(
    'a Job forgets no pod',
    `${pod.metadata.name} succeeded and is let go without being counted`,
    ['jobs', keyOf(job)],
    ['pods', keyOf(pod)],
  )
}

function parseIndexes(text = ''): Set<number> {
  const out = new Set<number>()
  for (const range of text.split(',').filter(Boolean)) {
    const [from, to = from] = range.split('-').map(Number)
    for (let i = from!; i <= to!; i++) out.add(i)
  }
  return out
}

function checkParallelism(facts: Facts, job: Stored, parallelism: Lately<number>): void {
  if (isConfused(facts)) return
  const active = facts.history
    .list('pods', job.metadata.namespace)
    .filter(p => controllerOf(p)?.uid === job.metadata.uid && isLive(p))
  const allowed = Math.max(...parallelism.of(job.metadata.uid!, facts.clock.now()))
  if (active.length <= allowed) return
  facts.violated(
    'a Job keeps its parallelism',
    `${keyOf(job)} has ${active.length} active pods, ${allowed} are allowed`,
    ['jobs', keyOf(job)],
    ...active.map(p => ['pods', keyOf(p)] as const),
  )
}
