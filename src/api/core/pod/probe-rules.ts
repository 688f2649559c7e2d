import type { IntOrString } from '../../../apimachinery/intstr.ts'
import type { At } from '../../../apimachinery/validation/at.ts'
import { isHTTPHeaderName, isPortName, isPortNumber } from '../../../apimachinery/validation/names.ts'
import type { HTTPGetAction, Lifecycle, LifecycleHandler, Probe } from './probe.ts'

/** A port, by number or by name. */
export function validatePort(port: IntOrString, at: At): void {
  at.invalidEach(port, typeof port === 'number' ? isPortNumber(port) : isPortName(port))
}

export function validateHTTPGet(action: HTTPGetAction, at: At): void {
  if (!action.path) at.child('path').required()
  validatePort(action.port, at.child('port'))
  for (const { name } of action.httpHeaders ?? []) at.child('httpHeaders').invalidEach(name, isHTTPHeaderName(name))
}

const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const
type Handlers = Partial<Record<(typeof HANDLERS)[number], unknown>> & {
  readonly exec?: { readonly command?: string[] }
}

/** Exactly one way to probe, or to act on a lifecycle event. */
export function validateHandler(handlers: Handlers, at: At): void {
  const given = HANDLERS.filter(name => handlers[name])
  if (given.length === 0) at.required('must specify a handler type')
  for (const name of given.slice(1)) at.child(name).forbidden('may not specify more than 1 handler type')
  if (given[0] === 'exec' && !handlers.exec?.command?.length) at.child('exec', 'command').required()
}

export function validateProbe(probe: Probe, at: At): void {
  validateHandler(probe, at)
  const grace = probe.terminationGracePeriodSeconds
  if (grace !== undefined && grace <= 0) {
    at.child('terminationGracePeriodSeconds').invalid(grace, 'must be greater than 0')
  }
}

/** Liveness and startup probes: one success is enough. */
export function validateKillingProbe(probe: Probe | undefined, at: At): void {
  if (probe && probe.successThreshold !== 1) at.child('successThreshold').invalid(probe.successThreshold, 'must be 1')
}

/** Readiness probes never kill. */
export function validateReadinessProbe(probe: Probe | undefined, at: At): void {
  const grace = probe?.terminationGracePeriodSeconds
  if (grace !== undefined) {
    at.child('terminationGracePeriodSeconds').invalid(grace, 'must not be set for readinessProbes')
  }
}

function validateSleep(handler: LifecycleHandler | undefined, gracePeriod: number, at: At): void {
  const seconds = handler?.sleep?.seconds
  if (seconds === undefined || (seconds >= 0 && seconds <= gracePeriod)) return
  at.child('sleep').invalid(
    seconds,
    `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriod})`,
  )
}

const SIGNALS = [
  ...'ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP TSTP'.split(
    ' ',
  ),
  ...'TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN RTMAX'.split(' '),
  ...Array.from({ length: 15 }, (_, i) => `RTMIN+${i + 1}`),
  ...Array.from({ length: 14 }, (_, i) => `RTMAX-${i + 1}`),
].map(name => `SIG${name}`)
const WINDOWS_SIGNALS = ['SIGKILL', 'SIGTERM']

/** What of a lifecycle depends on the pod: how long a sleep may be, and which signals its system knows. */
export function validateLifecycle(lifecycle: Lifecycle, gracePeriod: number, os: string | undefined, at: At): void {
  validateSleep(lifecycle.postStart, gracePeriod, at.child('postStart'))
  validateSleep(lifecycle.preStop, gracePeriod, at.child('preStop'))
  const { stopSignal } = lifecycle
  if (stopSignal === undefined) return
  const place = at.child('stopSignal')
  if (os === undefined) {
    place.forbidden('may not be set for containers with empty `spec.os.name`')
    return
  }
  const known = os === 'windows' ? WINDOWS_SIGNALS : SIGNALS
  if (!known.includes(stopSignal)) place.notSupported(stopSignal, known)
}
