import { findContainer } from '../pods/pod.ts'
import { newestOf, type RuntimeContainer } from '../runtime/runtime-pod.ts'
import { attachFromStart, speaksSpdy } from './attach-session.ts'
import { type Call, type Endpoint, HttpError } from './endpoint.ts'
import { relay } from './relay.ts'
import { containerTarget, flag, podTarget } from './target.ts'

/** Who attaches first and so soon after the start of a container has most likely started it: `kubectl run -it`, `debug`. */
const NEW_MS = 10_000

/** /attach/NAMESPACE/POD/CONTAINER: joins the streams of a container's first process. */
export const attach: Endpoint = {
  name: 'attach',
  methods: ['GET', 'POST'],
  subresource: 'proxy',
  async handle() {
    throw new HttpError(400, 'Upgrade request required')
  },
  async upgrade(call, request, socket, head) {
    const { query, tools } = call
    const tty = flag(query, 'tty')
    const wanted = {
      tty,
      stdin: flag(query, 'input'),
      stdout: flag(query, 'output'),
      stderr: flag(query, 'error') && !tty,
    }
    const attachTo = (containerId: string) => tools.settings.cri.runtime.attach({ containerId, ...wanted })
    const fresh = speaksSpdy(request) && (wanted.stdout || wanted.stderr) ? await claimNew(call) : undefined
    if (fresh) return attachFromStart(call, { request, socket, head }, fresh, wanted, () => attachTo(fresh.id))
    const { url } = await attachTo((await containerTarget(call)).id)
    await relay(request, socket, head, new URL(url))
  },
}

/**
 * The container, if it was started to be attached to and this is the first time. Then its starter sees the output of before
 * too, which upstream loses, and that of a container that has ended already.
 */
async function claimNew(call: Call): Promise<RuntimeContainer | undefined> {
  const { pod, runtime } = await podTarget(call)
  const { settings, attached } = call.tools
  const name = call.path[2] ?? ''
  const spec = findContainer(pod, name)?.container
  const container = newestOf(runtime, name)
  const now = settings.clock.now()
  if (!container?.startedAt || now - container.startedAt > NEW_MS || attached.has(container.id)) return undefined
  if (!spec?.stdin && pod.spec.restartPolicy !== 'Never') return undefined
  for (const [id, at] of attached) if (now - at > NEW_MS) attached.delete(id)
  attached.set(container.id, container.startedAt)
  return container
}
