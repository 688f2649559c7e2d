import type { Container } from '../../api/core/pod/container.ts'
import type { Pod } from '../../api/core/pod.ts'
import { containerHash } from './hash.ts'

/** Labels and annotations by which upstream's kubelet finds its own again (pkg/kubelet/kuberuntime/labels.go). */
export const POD_NAME = 'io.kubernetes.pod.name'
export const POD_NAMESPACE = 'io.kubernetes.pod.namespace'
export const POD_UID = 'io.kubernetes.pod.uid'
export const CONTAINER_NAME = 'io.kubernetes.container.name'

const HASH = 'io.kubernetes.container.hash'
const RESTART_COUNT = 'io.kubernetes.container.restartCount'
const MESSAGE_PATH = 'io.kubernetes.container.terminationMessagePath'
const MESSAGE_POLICY = 'io.kubernetes.container.terminationMessagePolicy'
const POD_GRACE = 'io.kubernetes.pod.terminationGracePeriod'
const PORTS = 'io.kubernetes.container.ports'

type Strings = Record<string, string>

export function sandboxLabels(pod: Pod): Strings {
  const { name = '', namespace = '', uid = '', labels = {} } = pod.metadata
  return { ...labels, [POD_NAME]: name, [POD_NAMESPACE]: namespace, [POD_UID]: uid }
}

export function containerLabels(pod: Pod, container: Container): Strings {
  const { name = '', namespace = '', uid = '' } = pod.metadata
  return { [POD_NAME]: name, [POD_NAMESPACE]: namespace, [POD_UID]: uid, [CONTAINER_NAME]: container.name }
}

export function containerAnnotations(pod: Pod, container: Container, restartCount: number): Strings {
  const grace = pod.spec.terminationGracePeriodSeconds
  return {
    [HASH]: containerHash(container),
    [RESTART_COUNT]: String(restartCount),
    [MESSAGE_PATH]: container.terminationMessagePath,
    [MESSAGE_POLICY]: container.terminationMessagePolicy,
    ...(grace !== undefined && { [POD_GRACE]: String(grace) }),
    ...(container.ports?.length && { [PORTS]: JSON.stringify(container.ports) }),
  }
}

/** What a container's annotations say of it. */
export function readAnnotations(annotations: Strings) {
  return {
    hash: annotations[HASH] ?? '',
    restartCount: Number(annotations[RESTART_COUNT] ?? 0) || 0,
    terminationMessagePath: annotations[MESSAGE_PATH] ?? '',
    terminationMessagePolicy: annotations[MESSAGE_POLICY] ?? 'File',
  }
}
