import type { PodStatus } from '../../api/core/pod/status.ts'
import { type Pod, pod as podKind } from '../../api/core/pod.ts'
import { type Clock, sleep } from '../../apimachinery/clock.ts'
import { isReason } from '../../apimachinery/errors.ts'
import { deepEqual } from '../../apimachinery/json.ts'
import type { Client } from '../../client/client.ts'
import { uidOf } from '../pods/pod.ts'
import { statusPatch } from './status-patch.ts'

interface Entry {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  /** What the server has. */
  stored: PodStatus
  wanted: PodStatus | undefined
  /** The resource version of the last write. */
  written: number
  sending: Promise<void> | undefined
  /** The newest version that arrived while a status was being sent. */
  seen?: Pod
}

const RETRY_MS = { first: 200, last: 10_000 }

/** Writes pods' statuses to the API server: only what has changed, the newest only, until it succeeds. */
export class StatusManager {
  readonly #client: Client
  readonly #clock: Clock
  readonly #signal: AbortSignal
  readonly #entries = new Map<string, Entry>()

  constructor(client: Client, clock: Clock, signal: AbortSignal) {
    this.#client = client
    this.#clock = clock
    this.#signal = signal
  }

  /** The status that was set last, or that the server has. */
  current(pod: Pod): PodStatus {
    const entry = this.#entries.get(uidOf(pod))
    return entry?.wanted ?? entry?.stored ?? pod.status
  }

  /** The server has a new version of the pod. Where others changed what is the kubelet's to say, it is said again. */
  observe(pod: Pod): void {
    const entry = this.#entries.get(uidOf(pod))
    if (!entry) return
    if (entry.sending) {
      entry.seen = pod
      return
    }
    // What was written may still be on its way here.
    if (revisionOf(pod) < entry.written) return
    entry.stored = pod.status
    if (entry.wanted) this.#begin(entry)
  }

  set(pod: Pod, status: PodStatus): void {
    const { namespace = '', name = '' } = pod.metadata
    const uid = uidOf(pod)
    let entry = this.#entries.get(uid)
    if (!entry) {
      entry = { namespace, name, uid, stored: pod.status, wanted: undefined, written: 0, sending: undefined }
      this.#entries.set(uid, entry)
    }
    entry.wanted = status
    this.#begin(entry)
  }

  /** Resolves once the pod's status is written, or cannot be because the pod is gone. */
  async flushed(uid: string): Promise<void> {
    await this.#entries.get(uid)?.sending
  }

  /** Resolves once every status is written. */
  async allFlushed(): Promise<void> {
    await Promise.all([...this.#entries.values()].map(({ sending }) => sending))
  }

  forget(uid: string): void {
    this.#entries.delete(uid)
  }

  #begin(entry: Entry): void {
    entry.sending ??= this.#send(entry).finally(() => {
      entry.sending = undefined
      const { seen } = entry
      entry.seen = undefined
      if (seen) this.observe(seen)
    })
  }

  async #send(entry: Entry): Promise<void> {
    let wait = RETRY_MS.first
    let last: unknown
    while (entry.wanted && !this.#signal.aborted) {
      const status = entry.wanted
      const patch = statusPatch(entry.stored, status)
      // The same patch again would only repeat what the server does not keep.
      if (!patch || deepEqual(patch, last)) {
        if (entry.wanted === status) return
        continue
      }
      try {
        const { namespace, name, uid } = entry
        const body = { metadata: { uid }, status: patch }
        const written = await this.#client.patch(podKind, { namespace, name }, 'strategic', body, {
          subresource: 'status',
        })
        entry.stored = written.status
        entry.written = revisionOf(written)
        wait = RETRY_MS.first
        // Others may have written in between: the answer is compared once more.
        last = patch
      } catch (error) {
        if (isReason(error, 'NotFound')) return
        // The name is another pod's by now: its uid does not match.
        if (isReason(error, 'Conflict', 'Invalid') && (await this.#isGone(entry))) return
        await sleep(this.#clock, wait, this.#signal).catch(() => {})
        wait = Math.min(wait * 2, RETRY_MS.last)
      }
    }
  }

  async #isGone({ namespace, name, uid }: Entry): Promise<boolean> {
    try {
      const found = await this.#client.get(podKind, { namespace, name })
      return found.metadata.uid !== uid
    } catch (error) {
      return isReason(error, 'NotFound')
    }
  }
}

const revisionOf = ({ metadata }: Pod) => Number(metadata.resourceVersion ?? 0)
