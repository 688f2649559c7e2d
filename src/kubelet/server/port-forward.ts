import { type Endpoint, HttpError } from './endpoint.ts'
import { relay } from './relay.ts'
import { podTarget } from './target.ts'

/** /portForward/NAMESPACE/POD: connections to ports of a pod. */
export const portForward: Endpoint = {
  name: 'portForward',
  methods: ['GET', 'POST'],
  subresource: 'proxy',
  async handle() {
    throw new HttpError(400, 'Upgrade request required')
  },
  async upgrade(call, request, socket, head) {
    const { pod, runtime } = await podTarget(call)
    const [sandbox] = runtime.sandboxes
    if (sandbox?.state !== 'SANDBOX_READY') {
      throw new HttpError(500, `pod ${JSON.stringify(pod.metadata.name)} has no running sandbox`)
    }
    const port = [...call.query.getAll('port'), ...call.query.getAll('ports')]
      .flatMap(text => text.split(','))
      .map(Number)
    const { url } = await call.tools.settings.cri.runtime.portForward({ podSandboxId: sandbox.id, port })
    const target = new URL(url)
    // Over WebSocket the ports are asked for in the query.
    for (const number of port) target.searchParams.append('port', String(number))
    await relay(request, socket, head, target)
  },
}
