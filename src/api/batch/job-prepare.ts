import type { Job } from './job.ts'

const LABELS = ['batch.kubernetes.io/controller-uid', 'controller-uid'] as const
const NAME_LABELS = ['batch.kubernetes.io/job-name', 'job-name'] as const

/** Gives a new Job a selector that only its own pods match, by its UID, unless the writer brought one. */
export function prepareJob(job: Job): void {
  job.status = {}
  const { metadata, spec } = job
  if (spec.manualSelector || !metadata.uid) return
  const labels = { ...spec.template.metadata.labels }
  for (const label of LABELS) labels[label] = metadata.uid
  for (const label of NAME_LABELS) labels[label] = metadata.name ?? ''
  spec.template.metadata.labels = labels
  spec.selector = { ...spec.selector, matchLabels: { ...spec.selector?.matchLabels, [LABELS[0]]: metadata.uid } }
}
