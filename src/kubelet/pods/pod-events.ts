import type { Pod } from '../../api/core/pod.ts'
import type { EventRecorder, Involved } from '../../client/event-recorder.ts'
import { fieldPathOf } from './pod.ts'

/** Tells users what happens to pods and their containers on this node. */
export class PodEvents {
  readonly #recorder: EventRecorder
  readonly #host: string

  constructor(recorder: EventRecorder, nodeName: string) {
    this.#recorder = recorder
    this.#host = nodeName
  }

  /** `container` undefined: the event is about the pod as a whole. */
  normal(pod: Pod, container: { name: string } | undefined, reason: string, message: string): void {
    this.#recorder.normal(involved(pod), reason, message, this.#options(pod, container))
  }
  warning(pod: Pod, container: { name: string } | undefined, reason: string, message: string): void {
    this.#recorder.warning(involved(pod), reason, message, this.#options(pod, container))
  }

  #options(pod: Pod, container: { name: string } | undefined) {
    return { host: this.#host, fieldPath: container && fieldPathOf(pod, container.name) }
  }
}

const involved = ({ metadata }: Pod): Involved => ({ apiVersion: 'v1', kind: 'Pod', metadata })
