import { isSidecar } from '../../api/core/pod/container-rules.ts'
import { type Pod, pod } from '../../api/core/pod.ts'
import { type Service, type ServicePort, service } from '../../api/core/service.ts'
import { selectorFromLabels } from '../../apimachinery/labels.ts'
import type { ReconcileContext } from '../../client/controller.ts'
import { keyOf } from '../../client/informer.ts'
import { isFinished, isReady } from '../shared/pods.ts'

/** What the controllers of Endpoints and EndpointSlices share: which pods are behind a Service, and at which ports. */

const BY_LABEL = 'label'
const labelKey = (namespace: string | undefined, key: string, value: string) => `${namespace}/${key}=${value}`

/** The index that `podsOf` needs. Call from a controller's `setup`. */
export function indexByLabel(context: ReconcileContext): void {
  context
    .informer(pod)
    .addIndex(BY_LABEL, ({ metadata: { namespace, labels = {} } }) =>
      Object.entries(labels).map(([key, value]) => labelKey(namespace, key, value)),
    )
}

/** The pods that a Service selects. */
export function podsOf({ spec, metadata }: Service, context: ReconcileContext): Pod[] {
  const selector = Object.entries(spec.selector ?? {})
  const [first] = selector
  if (!first) return []
  const candidates = context.informer(pod).byIndex(BY_LABEL, labelKey(metadata.namespace, ...first))
  const matches = selectorFromLabels(spec.selector)
  return candidates.filter(p => matches.matches(p.metadata.labels))
}

/** Whether the Service's endpoints follow its selector; otherwise they are somebody else's business. */
export const selectsPods = ({ spec }: Service): boolean => spec.selector !== undefined && spec.type !== 'ExternalName'

/** Keys of the Services that a pod's change concerns; none when it changes nothing that endpoints show. */
export function servicesOf(
  object: Pod | undefined,
  previous: Pod | undefined,
  context: ReconcileContext,
): Iterable<string> {
  if (object && previous && shown(object) === shown(previous)) return []
  const { namespace } = (object ?? previous)!.metadata
  const keys: string[] = []
  for (const candidate of context.informer(service).list(namespace)) {
    if (!selectsPods(candidate)) continue
    const selector = selectorFromLabels(candidate.spec.selector)
    const concerned = [object, previous].some(p => p && selector.matches(p.metadata.labels))
    if (concerned) keys.push(keyOf(candidate))
  }
  return keys
}

/** All of a pod that endpoints show. */
function shown(pod: Pod): string {
  const { metadata, status, spec } = pod
  const ips = status.podIPs?.map(({ ip }) => ip) ?? status.podIP
  const state = [isReady(pod), isFinished(pod), metadata.deletionTimestamp !== undefined]
  return JSON.stringify([metadata.labels, ips, spec.nodeName, spec.hostname, spec.subdomain, ...state])
}

/** Whether a pod is an endpoint at all: it has an address and has not ended. */
export const hasEndpoint = (pod: Pod): boolean =>
  !isFinished(pod) && (pod.status.podIP !== undefined || !!pod.status.podIPs?.length)

/** The number that a Service's port has in a pod; undefined when the pod has no port of that name. */
export function targetPortIn({ spec }: Pod, { targetPort, protocol }: ServicePort): number | undefined {
  if (typeof targetPort === 'number') return targetPort
  for (const container of [...spec.containers, ...(spec.initContainers ?? []).filter(isSidecar)]) {
    const found = container.ports?.find(port => port.name === targetPort && port.protocol === protocol)
    if (found) return found.containerPort
  }
  return undefined
}

/** The host name by which a pod is known in its headless Service. */
export const hostnameIn = ({ spec, metadata }: Pod, { metadata: owner }: Service): string | undefined =>
  spec.hostname && spec.subdomain === owner.name && metadata.namespace === owner.namespace ? spec.hostname : undefined

export const targetOf = ({ metadata: { namespace, name, uid } }: Pod) => ({ kind: 'Pod', namespace, name, uid })

export const isHeadless = ({ spec }: Service): boolean => spec.clusterIP === 'None'
