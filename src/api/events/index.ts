export { eventFromCore, eventToCore } from './convert.ts'
export { type Event as EventsEvent, type EventSeries as EventsEventSeries, event as eventsEvent } from './event.ts'
