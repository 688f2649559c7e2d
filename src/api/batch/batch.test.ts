import { expect, test } from 'vitest'
import { filled, problems, row, updateProblems } from '../testing.ts'
import { cronJob } from './cronjob.ts'
import { job } from './job.ts'

const metadata = { name: 'once', namespace: 'default', uid: 'u-1' }
const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i:1' }] } }

test('a Job is filled in, and its pods are its own', () => {
  const object = filled(job, { metadata, spec: { template } })
  expect(object.spec).toMatchObject({
    completions: 1,
    parallelism: 1,
    backoffLimit: 6,
    completionMode: 'NonIndexed',
    suspend: false,
    manualSelector: false,
  })
  job.prepareForCreate?.(object)
  expect(object.spec.selector).toEqual({ matchLabels: { 'batch.kubernetes.io/controller-uid': 'u-1' } })
  expect(object.spec.template.metadata.labels).toEqual({
    'batch.kubernetes.io/controller-uid': 'u-1',
    'batch.kubernetes.io/job-name': 'once',
    'controller-uid': 'u-1',
    'job-name': 'once',
  })
  expect(problems(job, { metadata, spec: { template } })).toEqual([])
  expect(filled(job, { metadata, spec: { template, parallelism: 3 } }).spec.completions).toBeUndefined()
})

test('a Job’s pods may not always restart', () => {
  const always = { spec: { ...template.spec, restartPolicy: 'Always' } }
  expect(problems(job, { metadata, spec: { template: always } })).toEqual([
    'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
  ])
})

test('indexed Jobs need completions', () => {
  expect(problems(job, { metadata, spec: { template, completionMode: 'Indexed', parallelism: 2 } })).toEqual([
    'spec.completions: Required value: when completion mode is Indexed',
  ])
  expect(problems(job, { metadata, spec: { template, parallelism: -1 } })).toContain(
    'spec.parallelism: Invalid value: -1: must be greater than or equal to 0',
  )
})

test('a Job’s template and completions stay', () => {
  const old = filled(job, { metadata, spec: { template, parallelism: 1 } })
  job.prepareForCreate?.(old)
  const change = (spec: object) => updateProblems(job, old, { ...old, spec: { ...old.spec, ...spec } })
  expect(change({ parallelism: 2 })).toEqual([])
  expect(change({ completions: 4 })).toEqual(['spec.completions: Invalid value: 4: field is immutable'])
})

test('a Job’s row', () => {
  const object = filled(job, {
    metadata,
    spec: { template },
    status: {
      succeeded: 1,
      startTime: '2026-01-01T00:00:00Z',
      completionTime: '2026-01-01T00:00:07Z',
      conditions: [{ type: 'Complete', status: 'True' }],
    },
  })
  expect(row(job, object)).toMatchObject({ Status: 'Complete', Completions: '1/1', Duration: '7s', Containers: 'c' })
})

test('a CronJob’s schedule is checked', () => {
  const schedule = (schedule: string, more = {}) =>
    problems(cronJob, { metadata, spec: { schedule, jobTemplate: { spec: { template } }, ...more } })
  for (const good of ['*/5 * * * *', '@hourly', '0 0 1-7 jan,feb mon', '@every 1h']) expect(schedule(good)).toEqual([])
  expect(schedule('')).toEqual(['spec.schedule: Required value'])
  expect(schedule('* * * *')).toEqual([
    'spec.schedule: Invalid value: "* * * *": expected exactly 5 fields, found 4: [* * * *]',
  ])
  expect(schedule('61 * * * *')[0]).toContain('end of range (61) above maximum (59): 61')
  expect(schedule('* * * * *', { timeZone: 'Mars/One' })).toEqual([
    'spec.timeZone: Invalid value: "Mars/One": unknown time zone Mars/One',
  ])
  expect(schedule('* * * * *', { timeZone: 'Europe/Berlin' })).toEqual([])
})
