import type { At } from '../../apimachinery/validation/at.ts'
import { validateEvent, validateEventUpdate } from '../core/event-rules.ts'
import { eventToCore } from './convert.ts'
import type { Event } from './event.ts'

/** The rules of events written in the newer form, after upstream's pkg/apis/core/validation/events.go. */

const TYPES = ['Normal', 'Warning']
const NAMES = { component: 'reportingController', message: 'note' } as const
const DEPRECATED = ['deprecatedFirstTimestamp', 'deprecatedLastTimestamp', 'deprecatedCount'] as const

export function validateNewEvent(event: Event, at: At): void {
  validateEvent(eventToCore(event), at, NAMES)
  if (!event.eventTime) at.child('eventTime').required()
  const { type = '', deprecatedSource: source } = event
  if (!TYPES.includes(type)) at.child('type').invalid('', `has invalid value: ${type}`)
  for (const field of DEPRECATED) if (event[field]) at.child(field).invalid('', 'needs to be unset')
  if (source.component || source.host) at.child('deprecatedSource').invalid('', 'needs to be unset')
}

export function validateNewEventUpdate(event: Event, old: Event, at: At): void {
  validateEventUpdate(eventToCore(event), eventToCore(old), at)
}
