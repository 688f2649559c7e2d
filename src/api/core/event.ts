import { objectMeta } from '../../apimachinery/meta/object-meta.ts'
import { kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, int32, message, microTime, ref, string, time } from '../../apimachinery/schema/types.ts'
import { eventColumns } from './event-columns.ts'
import { validateEvent, validateEventUpdate } from './event-rules.ts'
import { objectReference } from './references.ts'

export const eventSource = message(
  'k8s.io.api.core.v1.EventSource',
  {
    component: string(1).doc('The component.'),
    host: string(2).doc('The node it runs on.'),
  },
  {
    doc: 'Who reports an event.',
  },
)
export interface EventSource extends Infer<typeof eventSource> {}

export const eventSeries = message(
  'k8s.io.api.core.v1.EventSeries',
  {
    count: int32(1).doc('How often it has happened.'),
    lastObservedTime: microTime(2).doc('When it last happened.'),
  },
  {
    doc: 'An event that keeps happening.',
  },
)
export interface EventSeries extends Infer<typeof eventSeries> {}

const fields = {
  metadata: ref(1, objectMeta).present(),
  involvedObject: ref(2, objectReference).present().doc('The object.'),
  reason: string(3).doc('What happened, as one CamelCase word.'),
  message: string(4).doc('The same for human readers.'),
  source: ref(5, eventSource).always().doc('Who reports it.'),
  firstTimestamp: time(6).doc('When it first happened.'),
  lastTimestamp: time(7).doc('When it last happened.'),
  count: int32(8).doc('How often it has happened.'),
  type: string(9).doc('Normal or Warning.'),
  eventTime: microTime(10).doc('When it first happened, in the newer form.'),
  series: ref(11, eventSeries).doc('Set when it keeps happening.'),
  action: string(12).doc('What was being done.'),
  related: ref(13, objectReference).doc('A second object that has to do with it.'),
  reportingComponent: string(14).always().doc('The controller that reports it, as kubernetes.io/kubelet.'),
  reportingInstance: string(15).always().doc('Which instance of the controller.'),
}
export interface Event extends ObjectOf<typeof fields> {}

export const event = kind({
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  scope: 'Namespaced',
  doc: 'Something that happened to an object.',
  fields,
  tracksGeneration: false,
  validate(event, at) {
    validateEvent(event, at)
  },
  validateUpdate(event, old, at) {
    validateEventUpdate(event, old, at)
  },
  selectableFields: {
    'involvedObject.kind': event => event.involvedObject.kind ?? '',
    'involvedObject.namespace': event => event.involvedObject.namespace ?? '',
    'involvedObject.name': event => event.involvedObject.name ?? '',
    'involvedObject.uid': event => event.involvedObject.uid ?? '',
    'involvedObject.apiVersion': event => event.involvedObject.apiVersion ?? '',
    'involvedObject.resourceVersion': event => event.involvedObject.resourceVersion ?? '',
    'involvedObject.fieldPath': event => event.involvedObject.fieldPath ?? '',
    reason: event => event.reason ?? '',
    reportingComponent: event => event.reportingComponent || event.source.component || '',
    source: event => event.source.component || event.reportingComponent || '',
    type: event => event.type ?? '',
  },
  nameColumn: false,
  columns: eventColumns,
})
