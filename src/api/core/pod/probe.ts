import {
  type Infer,
  inline,
  int32,
  int64,
  intOrString,
  list,
  message,
  ref,
  string,
  types,
} from '../../../apimachinery/schema/types.ts'
import { validateHandler, validateHTTPGet, validatePort, validateProbe } from './probe-rules.ts'

export const execAction = message(
  'k8s.io.api.core.v1.ExecAction',
  {
    command: list(1, types.string).atomic().doc('The command and its arguments; no shell is involved.'),
  },
  {
    doc: 'Runs a command in the container; exit code 0 is success.',
  },
)
export interface ExecAction extends Infer<typeof execAction> {}

export const httpHeader = message(
  'k8s.io.api.core.v1.HTTPHeader',
  {
    name: string(1).present().doc('Its name; case is normalised.'),
    value: string(2).present().doc('Its value.'),
  },
  {
    doc: 'One header of an HTTP request.',
  },
)
export interface HTTPHeader extends Infer<typeof httpHeader> {}

export const httpGetAction = message(
  'k8s.io.api.core.v1.HTTPGetAction',
  {
    path: string(1).default('/').doc('The path.'),
    port: intOrString(2).present().doc('The port, by number or by name.'),
    host: string(3).doc("The host to connect to; the pod's IP by default."),
    scheme: string(4).default('HTTP').oneOf('HTTP', 'HTTPS').doc('HTTP or HTTPS; certificates are not checked.'),
    httpHeaders: list(5, httpHeader).atomic().doc('Headers to send.'),
  },
  {
    doc: 'Makes an HTTP GET request; 200 to 399 is success.',
    validate(action, at) {
      validateHTTPGet(action, at)
    },
  },
)
export interface HTTPGetAction extends Infer<typeof httpGetAction> {}

export const tcpSocketAction = message(
  'k8s.io.api.core.v1.TCPSocketAction',
  {
    port: intOrString(1).present().doc('The port, by number or by name.'),
    host: string(2).doc("The host to connect to; the pod's IP by default."),
  },
  {
    doc: 'Opens a TCP connection; connecting is success.',
    validate(action, at) {
      validatePort(action.port, at.child('port'))
    },
  },
)
export interface TCPSocketAction extends Infer<typeof tcpSocketAction> {}

export const grpcAction = message(
  'k8s.io.api.core.v1.GRPCAction',
  {
    port: int32(1).required().min(1).max(65535).doc('The port.'),
    service: string(2).pointer().default('').doc('The service name to put in the request.'),
  },
  {
    doc: 'Asks the gRPC health service.',
  },
)
export interface GRPCAction extends Infer<typeof grpcAction> {}

export const sleepAction = message(
  'k8s.io.api.core.v1.SleepAction',
  {
    seconds: int64(1).present().doc('How many seconds.'),
  },
  {
    doc: 'Waits.',
  },
)
export interface SleepAction extends Infer<typeof sleepAction> {}

/** The ways to probe; exactly one is set. */
export const probeHandlerFields = {
  exec: ref(1, execAction).doc('Runs a command in the container.'),
  httpGet: ref(2, httpGetAction).doc('Makes an HTTP request.'),
  tcpSocket: ref(3, tcpSocketAction).doc('Opens a TCP connection.'),
  grpc: ref(4, grpcAction).doc('Asks the gRPC health service.'),
}

export const probe = message(
  'k8s.io.api.core.v1.Probe',
  {
    ...inline(1, probeHandlerFields),
    initialDelaySeconds: int32(2).min(0).doc("Seconds from the container's start to the first check."),
    timeoutSeconds: int32(3).default(1).min(0).doc('Seconds after which a check counts as failed.'),
    periodSeconds: int32(4).default(10).min(0).doc('Seconds between checks.'),
    successThreshold: int32(5)
      .default(1)
      .min(0)
      .doc('Successes in a row after a failure until it counts as succeeding.'),
    failureThreshold: int32(6).default(3).min(0).doc('Failures in a row until it counts as failing.'),
    terminationGracePeriodSeconds: int64(7)
      .pointer()
      .doc("Seconds the container gets to end when this probe kills it; the pod's by default."),
  },
  {
    doc: 'A check that is made again and again while a container runs.',
    validate(probe, at) {
      validateProbe(probe, at)
    },
  },
)
export interface Probe extends Infer<typeof probe> {}

export const lifecycleHandler = message(
  'k8s.io.api.core.v1.LifecycleHandler',
  {
    exec: ref(1, execAction).doc('Runs a command in the container.'),
    httpGet: ref(2, httpGetAction).doc('Makes an HTTP request.'),
    tcpSocket: ref(3, tcpSocketAction).doc('Not supported; kept for old objects.'),
    sleep: ref(4, sleepAction).doc('Waits.'),
  },
  {
    doc: "What to do at a point of a container's life; exactly one is set.",
    validate(handler, at) {
      validateHandler(handler, at)
    },
  },
)
export interface LifecycleHandler extends Infer<typeof lifecycleHandler> {}

export const lifecycle = message(
  'k8s.io.api.core.v1.Lifecycle',
  {
    postStart: ref(1, lifecycleHandler).doc('Runs right after the start; if it fails the container is killed.'),
    preStop: ref(2, lifecycleHandler).doc('Runs before the container is asked to end.'),
    stopSignal: string(3).pointer().doc("The signal that asks the container to end; the image's own by default."),
  },
  {
    doc: 'What happens right after a container starts and before it is stopped.',
  },
)
export interface Lifecycle extends Infer<typeof lifecycle> {}
