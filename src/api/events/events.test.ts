import { expect, test } from 'vitest'
import { event as coreEvent } from '../core/event.ts'
import { filled, problems, row } from '../testing.ts'
import { eventFromCore, eventToCore } from './convert.ts'
import { event } from './event.ts'

const metadata = { name: 'e.1', namespace: 'default' }
const newer = {
  metadata,
  eventTime: '2026-01-01T00:00:00.000000Z',
  regarding: { kind: 'Pod', name: 'p', namespace: 'default' },
  reason: 'Started',
  note: 'Started it',
  type: 'Normal',
  action: 'Starting',
  reportingController: 'kubernetes.io/kubelet',
  reportingInstance: 'node-1',
}

test('an event keeps everything in either form', () => {
  const object = filled(event, newer)
  const stored = eventToCore(object)
  expect(stored).toMatchObject({
    apiVersion: 'v1',
    involvedObject: newer.regarding,
    message: 'Started it',
    reportingComponent: 'kubernetes.io/kubelet',
  })
  expect(eventFromCore(stored)).toEqual(object)
  const old = filled(coreEvent, { metadata, involvedObject: newer.regarding, count: 3, source: { component: 'x' } })
  expect(eventToCore(eventFromCore(old))).toEqual(old)
})

test('an event in the newer form is held to more', () => {
  expect(problems(event, newer)).toEqual([])
  expect(problems(event, { ...newer, eventTime: null, type: 'Odd', deprecatedCount: 1 })).toEqual([
    'eventTime: Required value',
    'type: Invalid value: "": has invalid value: Odd',
    'deprecatedCount: Invalid value: "": needs to be unset',
  ])
  expect(problems(event, { ...newer, reportingController: '', action: '' })).toEqual([
    'reportingController: Required value',
    'action: Required value',
  ])
})

test('both forms have the same row', () => {
  const now = Date.parse('2026-01-01T00:01:00Z')
  const object = filled(event, newer)
  expect(row(event, object, now)).toEqual(row(coreEvent, eventToCore(object), now))
  expect(row(event, object, now)).toMatchObject({ 'Last Seen': '60s', Object: 'pod/p', Message: 'Started it' })
})
