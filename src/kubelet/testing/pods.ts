import type { podSpec } from '../../api/core/pod/spec.ts'
import { type Pod, pod as podKind } from '../../api/core/pod.ts'
import { filled } from '../../api/testing.ts'
import type { InferInput } from '../../apimachinery/schema/types.ts'
import { containerHash } from '../runtime/hash.ts'
import type { RuntimeContainer, RuntimePod } from '../runtime/runtime-pod.ts'

type SpecInput = InferInput<typeof podSpec>

export const UID = '11111111-1111-4111-8111-111111111111'

/** A pod as the API server would hand it out, bound to node1. */
export function podOf(spec: Partial<SpecInput> = {}, status: Record<string, unknown> = {}): Pod {
  const object = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'default', uid: UID },
    spec: { nodeName: 'node1', containers: [{ name: 'main', image: 'busybox' }], ...spec },
    status: { phase: 'Pending', ...status },
  }
  return filled(podKind, object)
}

/** A running container of the pod's current sandbox, with changes. */
export function containerOf(name: string, changes: Partial<RuntimeContainer> = {}): RuntimeContainer {
  return {
    id: `${name}-id`,
    name,
    sandboxId: 'sandbox',
    state: 'running',
    createdAt: 1_000,
    startedAt: 1_000,
    finishedAt: 0,
    exitCode: 0,
    reason: '',
    message: '',
    image: 'busybox',
    imageRef: 'sha256:1',
    hash: containerHash({ name, image: 'busybox' }),
    restartCount: 0,
    logPath: `/logs/${name}/0.log`,
    user: undefined,
    ...changes,
  }
}

/** What the runtime has of a pod: one sandbox, ready unless said otherwise, and these containers, newest first. */
export function runtimeOf(
  containers: readonly RuntimeContainer[] = [],
  { ready = true, attempt = 0, sandbox = true } = {},
): RuntimePod {
  const status = {
    id: 'sandbox',
    metadata: { name: 'web', namespace: 'default', uid: UID, attempt },
    state: ready ? ('SANDBOX_READY' as const) : ('SANDBOX_NOTREADY' as const),
    createdAt: 0n,
    network: { ip: '10.1.0.2', additionalIps: [] },
    linux: undefined,
    labels: {},
    annotations: {},
    runtimeHandler: '',
  }
  return { uid: UID, name: 'web', namespace: 'default', sandboxes: sandbox ? [status] : [], containers }
}
