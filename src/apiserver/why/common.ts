import { type Event, event as eventKind } from '../../api/core/event.ts'
import type { Cause } from '../../api/why/explanation.ts'
import { rfc3339 } from '../../apimachinery/clock.ts'
import type { KubeObject } from '../../apimachinery/schema/kind.ts'
import type { Why } from './explain.ts'

/** Warnings older than this no longer tell how things are. */
const RECENT_MS = 60 * 60_000

/** What has to happen before an object that is being deleted is gone. */
export function deletionCauses({ metadata }: KubeObject): Cause[] {
  const { deletionTimestamp, finalizers = [] } = metadata
  if (!deletionTimestamp || finalizers.length === 0) return []
  return finalizers.map(finalizer => ({
    source: 'Deletion',
    reason: 'Finalizer',
    message: `It is being deleted and waits until the finalizer ${finalizer} is taken away`,
    remedy: `let whoever put ${finalizer} there do its work; taking it away by hand leaves that work undone`,
    since: deletionTimestamp,
  }))
}

/** What controllers could not do with an object, and what admission refused them. */
export function controllerCauses(object: KubeObject, plural: string, { server }: Why): Cause[] {
  const { namespace, name = '' } = object.metadata
  const denial = server.decisions.denial(object.metadata, plural)
  const refused = denial && {
    source: 'Admission',
    reason: denial.plugin,
    message: `${denial.operation} of ${denial.resource} ${denial.name} by ${denial.user} was refused: ${denial.message}`,
    remedy: REMEDIES[denial.plugin] ?? 'change the object, or what refuses it',
    since: rfc3339(denial.at),
  }
  const failures = server.decisions
    .failures(namespace ? `${namespace}/${name}` : name)
    .filter(({ message }) => !denial || !message.includes(denial.message))
  return [
    ...(refused ? [refused] : []),
    ...failures.map(({ controller, message, times, at }) => ({
      source: 'Controller',
      reason: controller,
      message: times > 1 ? `${message} (${times} times in a row)` : message,
      remedy: 'it is tried again by itself, at longer and longer intervals',
      since: rfc3339(at),
    })),
  ]
}

const REMEDIES: Readonly<Record<string, string>> = {
  ResourceQuota: 'raise the quota (kubectl edit resourcequota), ask for less, or end something that counts against it',
  LimitRanger: 'keep within the LimitRange of the namespace (kubectl describe limitrange), or change it',
  PodSecurity:
    'harden the pod as the message says, or change the label pod-security.kubernetes.io/enforce of the namespace',
  MutatingAdmissionWebhook: 'see to the webhook’s server, or change its MutatingWebhookConfiguration',
  ValidatingAdmissionWebhook: 'do as the webhook says, see to its server, or change its ValidatingWebhookConfiguration',
  ValidatingAdmissionPolicy: 'do as the policy says, or change it',
  MutatingAdmissionPolicy: 'change the policy',
  ServiceAccount: 'create the service account that the pod names',
  Priority: 'create the priority class that the pod names',
  RuntimeClass: 'create the runtime class that the pod names',
  NamespaceLifecycle: 'use a namespace that is there and is not being deleted',
}

/** The last of the warnings about an object, each reason once, newest first. */
export function warnings({ metadata }: KubeObject, why: Why, reasons?: ReadonlySet<string>): Event[] {
  const found = why
    .list(eventKind, metadata.namespace ?? 'default')
    .filter(
      ({ involvedObject, type, reason }) =>
        involvedObject.uid === metadata.uid && type === 'Warning' && (!reasons || reasons.has(reason ?? '')),
    )
    .filter(event => why.now - seenAt(event) < RECENT_MS)
    .sort((a, b) => seenAt(b) - seenAt(a))
  return found.filter((event, i) => found.findIndex(({ reason }) => reason === event.reason) === i)
}

const seenAt = ({ lastTimestamp, eventTime, metadata }: Event): number =>
  Date.parse(lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? '')

export const warningCause = (event: Event, source: string, remedy?: string): Cause => ({
  source,
  reason: event.reason ?? '',
  message: event.message ?? '',
  ...(remedy && { remedy }),
  since: rfc3339(seenAt(event)),
})

interface Condition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
  readonly lastTransitionTime?: string
}

export const conditionCause = ({ type, reason, message, lastTransitionTime }: Condition, source: string): Cause => ({
  source,
  reason: reason || type,
  message: message || `the condition ${type} does not hold`,
  ...(lastTransitionTime && { since: lastTransitionTime }),
})
