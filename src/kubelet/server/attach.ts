import { type Endpoint, HttpError } from './endpoint.ts'
import { relay } from './relay.ts'
import { containerTarget, flag } from './target.ts'

/** /attach/NAMESPACE/POD/CONTAINER: joins the streams of a container's first process. */
export const attach: Endpoint = {
  name: 'attach',
  methods: ['GET', 'POST'],
  subresource: 'proxy',
  async handle() {
    throw new HttpError(400, 'Upgrade request required')
  },
  async upgrade(call, request, socket, head) {
    const { id: containerId } = await containerTarget(call)
    const { query, tools } = call
    const tty = flag(query, 'tty')
    const { url } = await tools.settings.cri.runtime.attach({
      containerId,
      tty,
      stdin: flag(query, 'input'),
      stdout: flag(query, 'output'),
      stderr: flag(query, 'error') && !tty,
    })
    await relay(request, socket, head, new URL(url))
  },
}
