import type { Pod } from '../../api/core/pod.ts'
import { findContainer, uidOf } from '../pods/pod.ts'
import { newestOf, type RuntimeContainer, type RuntimePod } from '../runtime/runtime-pod.ts'
import { type Call, HttpError } from './endpoint.ts'

/** The pod that a path of the form NAMESPACE/NAME/... names, and what runs of it. */
export async function podTarget({ path, tools }: Call): Promise<{ pod: Pod; runtime: RuntimePod }> {
  const [namespace = '', name = ''] = path
  const pod = tools.pods.find(namespace, name)
  if (!pod) throw new HttpError(404, `pod ${JSON.stringify(name)} does not exist`)
  return { pod, runtime: await tools.cache.read(uidOf(pod)) }
}

/** The running container that a path of the form NAMESPACE/NAME/CONTAINER names. */
export async function containerTarget(call: Call): Promise<RuntimeContainer> {
  const { pod, runtime } = await podTarget(call)
  const name = call.path[2] ?? ''
  const container = findContainer(pod, name) && newestOf(runtime, name)
  if (container?.state !== 'running') throw new HttpError(404, `container not found (${JSON.stringify(name)})`)
  return container
}

/** A query parameter that is on or off, as 1, true, or given without a value. */
export function flag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name)
  return value !== null && value !== '0' && value !== 'false'
}
