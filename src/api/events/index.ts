export { eventFromCore, eventToCore } from './convert.ts'
export { type Event as EventsEvent, event as eventsEvent } from './event.ts'
