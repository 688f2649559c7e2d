import type { At } from '../../apimachinery/validation/at.ts'
import { isQualifiedName } from '../../apimachinery/validation/names.ts'
import { describeChanges } from '../changes.ts'
import type { Event } from './event.ts'

/** The rules of events, after upstream's pkg/apis/core/validation/events.go; those written in the older form are held to less. */

const MAX_COMPONENT = 128
const MAX_REASON = 128
const MAX_NOTE = 1024

/** An event lives where its object does; those of objects outside namespaces in default or kube-system. */
function validateNamespace({ metadata, involvedObject }: Event, at: At): void {
  const namespace = metadata.namespace ?? ''
  const about = involvedObject.namespace ?? ''
  const fits = about === '' ? namespace === 'default' || namespace === 'kube-system' : about === namespace
  if (!fits) at.child('involvedObject', 'namespace').invalid(about, 'does not match event.namespace')
}

function validateNewForm(event: Event, names: NewNames, at: At): void {
  const { reportingComponent: component, reportingInstance: instance, action, reason, message = '' } = event
  if (!component) at.child(names.component).required()
  else at.child(names.component).invalidEach(component, isQualifiedName(component))
  if (!instance) at.child('reportingInstance').required()
  else if (instance.length > MAX_COMPONENT) {
    at.child('reportingInstance').invalid('', `can have at most ${MAX_COMPONENT} characters`)
  }
  if (!action) at.child('action').required()
  else if (action.length > MAX_REASON) at.child('action').invalid('', `can have at most ${MAX_REASON} characters`)
  if (!reason) at.child('reason').required()
  else if (reason.length > MAX_REASON) at.child('reason').invalid('', `can have at most ${MAX_REASON} characters`)
  if (message.length > MAX_NOTE) at.child(names.message).invalid('', `can have at most ${MAX_NOTE} characters`)
}

/** What events.k8s.io calls two fields otherwise than the core group. */
interface NewNames {
  readonly component: 'reportingComponent' | 'reportingController'
  readonly message: 'message' | 'note'
}
const CORE_NAMES: NewNames = { component: 'reportingComponent', message: 'message' }

export function validateEvent(event: Event, at: At, names = CORE_NAMES): void {
  validateNamespace(event, at)
  if (event.eventTime) validateNewForm(event, names, at)
}

/** Of an event in the newer form only the series may change. */
export function validateEventUpdate(event: Event, old: Event, at: At): void {
  if (!old.eventTime && !event.eventTime) return
  const fixed = ({ involvedObject, reason, message, source, firstTimestamp, eventTime, type, ...rest }: Event) => ({
    involvedObject,
    reason,
    message,
    source,
    firstTimestamp,
    eventTime,
    type,
    action: rest.action,
    related: rest.related,
    reportingComponent: rest.reportingComponent,
    reportingInstance: rest.reportingInstance,
  })
  const [now, before] = [fixed(event), fixed(old)]
  for (const field of Object.keys(now) as (keyof typeof now)[]) {
    if (describeChanges(before[field], now[field])) at.child(field).invalid(now[field] ?? null, 'field is immutable')
  }
}
