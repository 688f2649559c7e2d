import { type Endpoint, HttpError } from './endpoint.ts'
import { relay } from './relay.ts'
import { containerTarget, flag } from './target.ts'

/** /exec/NAMESPACE/POD/CONTAINER?command=...: runs a command in a container, over SPDY or WebSocket. */
export const exec: Endpoint = {
  name: 'exec',
  methods: ['GET', 'POST'],
  subresource: 'proxy',
  async handle() {
    throw new HttpError(400, 'Upgrade request required')
  },
  async upgrade(call, request, socket, head) {
    const { id: containerId } = await containerTarget(call)
    const { query, tools } = call
    const tty = flag(query, 'tty')
    const { url } = await tools.settings.cri.runtime.exec({
      containerId,
      cmd: query.getAll('command'),
      tty,
      stdin: flag(query, 'input'),
      stdout: flag(query, 'output'),
      // A terminal has but one output.
      stderr: flag(query, 'error') && !tty,
    })
    await relay(request, socket, head, new URL(url))
  },
}
