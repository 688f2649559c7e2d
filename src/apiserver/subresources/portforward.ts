import { pod as podKind } from '../../api/core/pod.ts'
import { badRequest } from '../../apimachinery/errors.ts'
import { tunnelPortForward } from '../../apimachinery/httpstream/remotecommand.ts'
import type { Kind } from '../../apimachinery/schema/kind.ts'
import { podOf } from './containers.ts'
import { dialKubelet } from './kubelet.ts'
import { relayUpgrade } from './relay-upgrade.ts'
import type { ConnectSubresource } from './subresource.ts'

const TUNNEL = 'SPDY/3.1+portforward.k8s.io'

/** Connections to ports of a pod, as SPDY streams, also inside a WebSocket (KEP-4006). */
export const portforward: ConnectSubresource = {
  name: 'portforward',
  kind: { ...podKind, kind: 'PodPortForwardOptions' } as unknown as Kind,
  methods: ['GET', 'POST'],
  async connect() {
    throw badRequest('Upgrade request required')
  },
  async upgrade(target, request, socket, head) {
    const pod = podOf(target)
    if (!pod.spec.nodeName) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`)
    const search = (request.url ?? '').split('?')[1] ?? ''
    const path = `/portForward/${pod.metadata.namespace}/${pod.metadata.name}${search && `?${search}`}`
    const kubelet = await dialKubelet(target.server, pod.spec.nodeName)
    const protocols = String(request.headers['sec-websocket-protocol'] ?? '').split(/, */)
    if (protocols.includes(TUNNEL)) await tunnelPortForward(request, socket, head, kubelet, path)
    else relayUpgrade(request, socket, head, kubelet, path)
  },
}
