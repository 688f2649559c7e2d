import type { Job } from '../../api/batch/job.ts'
import type { Container } from '../../api/core/pod/container.ts'
import type { Pod } from '../../api/core/pod.ts'
import { conditionOf, podFromTemplate } from '../shared/pods.ts'

export const TRACKING = 'batch.kubernetes.io/job-tracking'
const INDEX = 'batch.kubernetes.io/job-completion-index'
const FAILURES = 'batch.kubernetes.io/job-index-failure-count'
const INDEX_ENV = 'JOB_COMPLETION_INDEX'

export const isTracked = ({ metadata }: Pod): boolean => metadata.finalizers?.includes(TRACKING) ?? false

/** The completion index of a pod; undefined when it has none. */
export function indexOf({ metadata }: Pod): number | undefined {
  const text = metadata.annotations?.[INDEX]
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
}

/** How often pods of its index failed before this one. */
export const failuresBefore = ({ metadata }: Pod): number => Number(metadata.annotations?.[FAILURES] ?? 0)

/** A pod of a Job; with an index where each has its own. */
export function jobPod(job: Job, index: number | undefined, failures: number) {
  const { metadata, spec } = podFromTemplate(job, job.spec.template)
  const finalizers = [...(metadata.finalizers ?? []), TRACKING]
  if (index === undefined) return { metadata: { ...metadata, finalizers }, spec }
  const perIndex: Record<string, string> =
    job.spec.backoffLimitPerIndex === undefined ? {} : { [FAILURES]: String(failures) }
  const name = `${job.metadata.name}-${index}`
  const withIndex = <C extends Pick<Container, 'env'>>(container: C): C =>
    container.env?.some(({ name }) => name === INDEX_ENV)
      ? container
      : { ...container, env: [...(container.env ?? []), fromLabel] }
  return {
    metadata: {
      ...metadata,
      generateName: `${name.slice(0, 57)}-`,
      finalizers,
      annotations: { ...metadata.annotations, [INDEX]: String(index), ...perIndex },
      labels: { ...metadata.labels, [INDEX]: String(index) },
    },
    spec: {
      ...spec,
      hostname: spec.hostname || name,
      containers: spec.containers.map(withIndex),
      ...(spec.initContainers && { initContainers: spec.initContainers.map(withIndex) }),
    },
  }
}

const fromLabel = {
  name: INDEX_ENV,
  valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: `metadata.labels['${INDEX}']` } },
}

/** When a pod ended, as far as it tells: ms since the epoch. */
export function endOf(pod: Pod): number {
  const { metadata, status } = pod
  const ends = (status.containerStatuses ?? []).map(({ state }) => Date.parse(state?.terminated?.finishedAt ?? ''))
  const known = ends.filter(end => end > 0)
  if (known.length > 0) return Math.max(...known)
  const ready = conditionOf(pod, 'Ready')
  const time = ready?.status === 'False' ? ready.lastTransitionTime : metadata.deletionTimestamp
  return Date.parse(time ?? metadata.creationTimestamp ?? '') || 0
}
