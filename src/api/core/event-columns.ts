import type { Column } from '../../apimachinery/schema/kind.ts'
import { column, count, since, wide } from '../columns.ts'
import type { Event } from './event.ts'

const firstSeen = (event: Event, now: number) => since(event.firstTimestamp || event.eventTime, now)
function lastSeen(event: Event, now: number): string {
  if (event.series) return since(event.series.lastObservedTime, now)
  return event.lastTimestamp ? since(event.lastTimestamp, now) : firstSeen(event, now)
}

function objectOf({ involvedObject: { kind = '', name } }: Event): string {
  return name ? `${kind.toLowerCase()}/${name}` : kind.toLowerCase()
}

function sourceOf({ source, reportingComponent, reportingInstance }: Event): string {
  const component = source.component || reportingComponent || ''
  const instance = source.host || reportingInstance
  return instance ? `${component}, ${instance}` : component
}

/** What `kubectl get events` shows. */
export const eventColumns: readonly Column<Event>[] = [
  column('Last Seen', lastSeen, 'How long ago it last happened.'),
  column('Type', event => event.type ?? '', 'Normal or Warning.'),
  column('Reason', event => event.reason ?? '', 'What happened, in one word.'),
  column('Object', objectOf, 'The object it happened to.'),
  wide('Subobject', event => event.involvedObject.fieldPath ?? '', 'The part of the object.'),
  wide('Source', sourceOf, 'Who reports it.'),
  column('Message', event => (event.message ?? '').trim(), 'What happened.'),
  wide('First Seen', firstSeen, 'How long ago it first happened.'),
  {
    ...count('Count', event => event.series?.count ?? (event.count || 1), 'How often it happened.'),
    type: 'string',
    priority: 1,
  },
  { ...wide('Name', (event: Event) => event.metadata.name ?? '', 'Name of the event.'), format: 'name' },
]
