import { type Pod, pod as podKind } from '../../api/core/pod.ts'
import { badRequest, notFound } from '../../apimachinery/errors.ts'
import type { Target } from './subresource.ts'

const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container'

/** The pod of a request. Throws 404. */
export function podOf({ server, namespace, name }: Target): Pod {
  const entry = server.resources.of(podKind).cacher.get(`${namespace}/${name}`)
  if (!entry) throw notFound(podKind, name)
  return entry.object
}

/** The container a request means: the one it names, or the only one. Throws 400 worded as upstream (pod strategy podHasContainer...). */
export function containerOf(pod: Pod, wanted: string): string {
  const { containers, initContainers = [], ephemeralContainers = [] } = pod.spec
  const name = pod.metadata.name
  if (wanted) {
    const known = [...containers, ...initContainers, ...ephemeralContainers].some(c => c.name === wanted)
    if (!known) throw badRequest(`container ${wanted} is not valid for pod ${name}`)
    return wanted
  }
  const annotated = pod.metadata.annotations?.[DEFAULT_CONTAINER]
  if (annotated && containers.some(c => c.name === annotated)) return annotated
  if (containers.length === 1 && initContainers.length + ephemeralContainers.length === 0) return containers[0]!.name
  if (containers.length === 1 && initContainers.length === 0) return containers[0]!.name
  const names = `[${containers.map(c => c.name).join(' ')}]`
  const init =
    initContainers.length > 0 ? ` or one of the init containers: [${initContainers.map(c => c.name).join(' ')}]` : ''
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: ${names}${init}`)
}
