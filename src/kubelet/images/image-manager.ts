import type { Container } from '../../api/core/pod/container.ts'
import { defaultPullPolicy } from '../../api/core/pod/images.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { Clock } from '../../apimachinery/clock.ts'
import { formatDuration } from '../../apimachinery/duration.ts'
import { Backoff } from '../backoff.ts'
import { ContainerError, errorText } from '../container-error.ts'
import type { CriClient } from '../cri/client.ts'
import type { Image } from '../cri/messages/image.ts'
import type { PodSandboxConfig } from '../cri/messages/sandbox.ts'
import type { ConfigObjects } from '../env/objects.ts'
import { uidOf } from '../pods/pod.ts'
import type { PodEvents } from '../pods/pod-events.ts'
import type { ImageUser } from '../runtime/security-context.ts'
import { type Credential, credentialsFor, credentialsIn } from './pull-secrets.ts'
import { type ImageReference, parseImage } from './reference.ts'

/** An image that is on the node. */
export interface ReadyImage {
  readonly ref: string
  readonly user: ImageUser
}

interface Tools {
  readonly cri: CriClient
  readonly clock: Clock
  readonly objects: ConfigObjects
  readonly events: PodEvents
}

/** How long the error of a pull is shown before the status tells of the wait for the next. */
const SHOWN_MS = 5_000

/** Gets images onto the node as pull policies ask, with waits between failures (upstream pkg/kubelet/images). */
export class ImageManager {
  readonly #tools: Tools
  readonly #backoff: Backoff
  readonly #failures = new Map<string, { at: number; message: string }>()

  constructor(tools: Tools) {
    this.#tools = tools
    this.#backoff = new Backoff(tools.clock)
  }

  /** The image of a container. Rejects with a ContainerError whose reason and message its status shows. */
  async ensure(pod: Pod, container: Container, sandbox: PodSandboxConfig, signal: AbortSignal): Promise<ReadyImage> {
    const { events } = this.#tools
    const name = container.image ?? ''
    const policy = container.imagePullPolicy ?? defaultPullPolicy(name)
    const image = this.#parse(pod, container, name)
    const present = await this.#find(image.tagged)
    if (present && policy !== 'Always') {
      events.normal(pod, container, 'Pulled', `Container image ${quoted(name)} already present on machine`)
      return ready(present)
    }
    if (policy === 'Never') {
      const message = `Container image ${quoted(name)} is not present with pull policy of Never`
      events.warning(pod, container, 'ErrImageNeverPull', message)
      throw new ContainerError('ErrImageNeverPull', message)
    }
    const key = `${uidOf(pod)}_${image.tagged}`
    this.#mayPull(pod, container, name, key)
    return this.#pull({ pod, container, sandbox, signal, image, key, name })
  }

  /** Forgets the failures of a pod that is gone. */
  forget(uid: string): void {
    this.#backoff.forget(`${uid}_`)
    for (const key of this.#failures.keys()) if (key.startsWith(`${uid}_`)) this.#failures.delete(key)
  }

  #parse(pod: Pod, container: Container, name: string): ImageReference {
    try {
      return parseImage(name)
    } catch (error) {
      const { message } = error as Error
      this.#tools.events.warning(pod, container, 'InspectFailed', message)
      throw new ContainerError('InvalidImageName', message)
    }
  }

  #mayPull(pod: Pod, container: Container, name: string, key: string): void {
    const last = this.#failures.get(key)
    const wait = last ? this.#backoff.remaining(key, last.at) : 0
    if (!last || wait === 0) return
    const message = `Back-off pulling image ${quoted(name)}`
    this.#tools.events.normal(pod, container, 'BackOff', message)
    throw new ContainerError('ImagePullBackOff', `${message}: ErrImagePull: ${last.message}`, wait)
  }

  async #pull(job: {
    pod: Pod
    container: Container
    sandbox: PodSandboxConfig
    signal: AbortSignal
    image: ImageReference
    key: string
    name: string
  }): Promise<ReadyImage> {
    const { pod, container, sandbox, signal, image, key, name } = job
    const { clock, events, cri } = this.#tools
    events.normal(pod, container, 'Pulling', `Pulling image ${quoted(name)}`)
    const began = clock.now()
    try {
      const credentials = credentialsFor(image, await this.#credentials(pod))
      let failure: unknown
      for (const auth of credentials.length > 0 ? credentials : [undefined]) {
        try {
          await cri.images.pullImage({ image: { image: image.tagged }, auth, sandboxConfig: sandbox }, { signal })
          failure = undefined
          break
        } catch (error) {
          failure = error
        }
      }
      if (failure) throw failure
      const pulled = await this.#find(image.tagged)
      if (!pulled) throw new Error('the image was pulled but is not there')
      const took = formatDuration(clock.now() - began)
      const size = `Image size: ${pulled.size} bytes.`
      events.normal(
        pod,
        container,
        'Pulled',
        `Successfully pulled image ${quoted(name)} in ${took} (${took} including waiting). ${size}`,
      )
      this.#failures.delete(key)
      return ready(pulled)
    } catch (error) {
      signal.throwIfAborted()
      const message = errorText(error)
      const now = clock.now()
      events.warning(pod, container, 'Failed', `Failed to pull image ${quoted(name)}: ${message}`)
      this.#backoff.next(key, this.#failures.get(key)?.at ?? now)
      this.#failures.set(key, { at: now, message })
      throw new ContainerError('ErrImagePull', message, Math.min(SHOWN_MS, this.#backoff.get(key)))
    }
  }

  async #find(image: string): Promise<Image | undefined> {
    return (await this.#tools.cri.images.imageStatus({ image: { image } })).image
  }

  async #credentials(pod: Pod): Promise<Credential[]> {
    const namespace = pod.metadata.namespace ?? ''
    const missing: string[] = []
    const found = await Promise.all(
      (pod.spec.imagePullSecrets ?? []).map(async ({ name = '' }) => {
        try {
          return credentialsIn(await this.#tools.objects.secret(namespace, name))
        } catch {
          missing.push(name)
          return []
        }
      }),
    )
    if (missing.length > 0) {
      const message = `Unable to retrieve some image pull secrets (${missing.join(', ')}); attempting to pull the image may not succeed.`
      this.#tools.events.warning(pod, undefined, 'FailedToRetrieveImagePullSecret', message)
    }
    return found.flat()
  }
}

const quoted = (name: string) => JSON.stringify(name)

/** An image that names no user runs as root. */
function ready({ id, uid, username }: Image): ReadyImage {
  return { ref: id, user: uid === undefined ? (username ? { username } : { uid: 0 }) : { uid } }
}
