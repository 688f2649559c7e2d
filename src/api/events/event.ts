import { kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, int32, message, microTime, ref, string, time } from '../../apimachinery/schema/types.ts'
import { type Event as CoreEvent, event as coreEvent, eventSource } from '../core/event.ts'
import { eventColumns } from '../core/event-columns.ts'
import { objectReference } from '../core/references.ts'
import { eventFromCore, eventToCore } from './convert.ts'
import { validateNewEvent, validateNewEventUpdate } from './event-rules.ts'

export const eventSeries = message(
  'k8s.io.api.events.v1.EventSeries',
  {
    count: int32(1).present().doc('How often it has happened.'),
    lastObservedTime: microTime(2).present().doc('When it last happened.'),
  },
  {
    doc: 'An event that keeps happening.',
  },
)
export interface EventSeries extends Infer<typeof eventSeries> {}

const fields = {
  eventTime: microTime(2).present().doc('When it first happened.'),
  series: ref(3, eventSeries).doc('Set when it keeps happening.'),
  reportingController: string(4).doc('The controller that reports it, as kubernetes.io/kubelet.'),
  reportingInstance: string(5).doc('Which instance of the controller.'),
  action: string(6).doc('What was being done.'),
  reason: string(7).doc('What happened, as one CamelCase word.'),
  regarding: ref(8, objectReference).always().doc('The object it happened to.'),
  related: ref(9, objectReference).doc('A second object that has to do with it.'),
  note: string(10).doc('What happened, for human readers.'),
  type: string(11).doc('Normal or Warning.'),
  deprecatedSource: ref(12, eventSource).always().doc('Who reports it, in the older form.'),
  deprecatedFirstTimestamp: time(13).doc('When it first happened, in the older form.'),
  deprecatedLastTimestamp: time(14).doc('When it last happened, in the older form.'),
  deprecatedCount: int32(15).doc('How often it has happened, in the older form.'),
}
export interface Event extends ObjectOf<typeof fields> {}

export const event = kind({
  group: 'events.k8s.io',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  scope: 'Namespaced',
  doc: "Something that happened to an object; stored as the core group's Event.",
  fields,
  tracksGeneration: false,
  storedAs: {
    kind: coreEvent,
    toStored: object => eventToCore(object as Event),
    fromStored: object => eventFromCore(object as CoreEvent),
  },
  nameColumn: false,
  validateCreate(event, at) {
    validateNewEvent(event, at)
  },
  validateUpdate(event, old, at) {
    validateNewEventUpdate(event, old, at)
  },
  columns: eventColumns.map(column => ({
    ...column,
    cell: (event: Event, now: number) => column.cell(eventToCore(event), now),
  })),
})
