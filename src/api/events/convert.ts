import type { Event as CoreEvent } from '../core/event.ts'
import type { Event } from './event.ts'

/** The two forms of an event: events.k8s.io/v1 renames fields of the core group's Event, in which events are stored. */

/** An event as the core group has it. */
export function eventToCore(event: Event): CoreEvent {
  const {
    regarding,
    note,
    reportingController,
    deprecatedSource,
    deprecatedFirstTimestamp,
    deprecatedLastTimestamp,
    deprecatedCount,
    ...same
  } = event
  return withoutUndefined({
    ...same,
    apiVersion: 'v1',
    involvedObject: regarding,
    message: note,
    reportingComponent: reportingController,
    source: deprecatedSource,
    firstTimestamp: deprecatedFirstTimestamp,
    lastTimestamp: deprecatedLastTimestamp,
    count: deprecatedCount,
  }) as CoreEvent
}

/** An event as events.k8s.io has it. */
export function eventFromCore(event: CoreEvent): Event {
  const { involvedObject, message, reportingComponent, source, firstTimestamp, lastTimestamp, count, ...same } = event
  return withoutUndefined({
    ...same,
    apiVersion: 'events.k8s.io/v1',
    regarding: involvedObject,
    note: message,
    reportingController: reportingComponent,
    deprecatedSource: source,
    deprecatedFirstTimestamp: firstTimestamp,
    deprecatedLastTimestamp: lastTimestamp,
    deprecatedCount: count,
  }) as Event
}

/** Drops keys that have no value, so that a converted object looks like one that was decoded. */
function withoutUndefined<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T
}
