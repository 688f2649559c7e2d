import { type Pod, pod as podKind } from '../../api/core/pod.ts'
import { podGroup } from '../../api/scheduling/index.ts'
import type { Timer } from '../../apimachinery/clock.ts'
import { notFound } from '../../apimachinery/errors.ts'
import { keyOf } from '../../client/informer.ts'
import { type EventSubject, type Plugin, plugin, Refused, unresolvable } from '../framework.ts'
import type { Handle } from './handle.ts'

const NAME = 'GangScheduling'
const BY_GROUP = 'gang-scheduling/group'
/** How long pods hold their places for the rest of their group (upstream DefaultSchedulingTimeoutDuration). */
const TIMEOUT_MS = 5 * 60_000

/** A pod that has a place and waits for others. */
interface Waiting {
  release(): void
  giveUp(error: Error): void
}

/** The pods of a group that have places and are not bound yet. */
interface Gang {
  readonly assumed: Set<string>
  readonly waiting: Map<string, Waiting>
  timer: Timer | undefined
}

const groupOf = ({ metadata, spec }: Pod): string | undefined =>
  spec.schedulingGroup && `${metadata.namespace}/${spec.schedulingGroup.podGroupName}`

const isOver = ({ status }: Pod) => status.phase === 'Succeeded' || status.phase === 'Failed'

/**
 * Places the pods of a PodGroup with a gang policy together or not at all: none is tried before enough are there, and none is
 * bound before enough have a place (upstream plugins/gangscheduling, KEP-4671).
 */
export function gangScheduling({ informers, clock, podGroups }: Handle): Plugin {
  if (!podGroups) return plugin({ name: NAME })
  const [groups, pods] = [informers.of(podGroup), informers.of(podKind)]
  const gangs = new Map<string, Gang>()
  pods.addIndex(BY_GROUP, pod => [groupOf(pod)].filter(key => key !== undefined))
  pods.onChange((pod, previous) => {
    if (!previous || pod?.metadata.uid === previous.metadata.uid) return
    const key = groupOf(previous)
    const waiting = key && gangs.get(key)?.waiting.get(previous.metadata.uid!)
    if (waiting) waiting.giveUp(notFound(podKind, previous.metadata.name!))
  })

  const membersOf = (key: string) => pods.byIndex(BY_GROUP, key).filter(pod => !isOver(pod))
  const minCountOf = (key: string) => groups.get(key)?.spec.schedulingPolicy.gang?.minCount

  function gangOf(key: string): Gang {
    const gang = gangs.get(key) ?? { assumed: new Set(), waiting: new Map(), timer: undefined }
    gangs.set(key, gang)
    return gang
  }

  function hold(key: string, gang: Gang, uid: string): Promise<void> {
    gang.timer ??= clock.timer(TIMEOUT_MS, () => {
      gang.timer = undefined
      const error = new Refused(NAME, `rejected due to timeout after waiting 5m0s at plugin ${NAME}`)
      for (const waiting of [...gang.waiting.values()]) waiting.giveUp(error)
    })
    return new Promise((resolve, reject) => {
      const end = (then: () => void) => {
        gang.waiting.delete(uid)
        if (gang.waiting.size === 0) {
          gang.timer?.cancel()
          gang.timer = undefined
        }
        then()
      }
      gang.waiting.set(uid, { release: () => end(resolve), giveUp: error => end(() => reject(error)) })
      gangs.set(key, gang)
    })
  }

  const sameGroup = (pod: Pod, { pod: other }: EventSubject) => other !== undefined && groupOf(pod) === groupOf(other)

  return plugin({
    name: NAME,
    requeueOn: [
      { on: 'pod/queued', when: sameGroup },
      { on: 'podgroup/add', when: (pod, { object }) => object !== undefined && groupOf(pod) === keyOf(object) },
    ],
    sign: () => null,
    preEnqueue(pod) {
      const key = groupOf(pod)
      if (!key) return undefined
      if (!groups.get(key)) {
        const name = JSON.stringify(pod.spec.schedulingGroup!.podGroupName)
        return unresolvable(`waiting for pods's pod group ${name} to appear in scheduling queue`)
      }
      return membersOf(key).length < (minCountOf(key) ?? 0)
        ? unresolvable('waiting for minCount pods from a gang to appear in scheduling queue')
        : undefined
    },
    reserve({ pod, uid }) {
      const key = groupOf(pod)
      if (key) gangOf(key).assumed.add(uid)
      return undefined
    },
    unreserve({ pod, uid }) {
      const key = groupOf(pod)
      const gang = key && gangs.get(key)
      if (!gang) return
      gang.assumed.delete(uid)
      if (gang.assumed.size === 0) gangs.delete(key)
    },
    permit({ pod, uid }, _nodeName, context) {
      const key = groupOf(pod)
      if (!key) return undefined
      if (!groups.get(key)) return Promise.reject(new Error(`failed to get pod group ${key}`))
      const members = membersOf(key)
      const gang = gangOf(key)
      const placed = members.filter(({ metadata, spec }) => spec.nodeName || gang.assumed.has(metadata.uid!))
      if (placed.length >= (minCountOf(key) ?? 0)) {
        for (const waiting of [...gang.waiting.values()]) waiting.release()
        return undefined
      }
      const held = context.waitFor(hold(key, gang, uid))
      context.activate(members.filter(one => !placed.includes(one)).map(({ metadata }) => metadata.uid!))
      return held
    },
    postBind({ pod, uid }) {
      const key = groupOf(pod)
      const gang = key && gangs.get(key)
      if (!gang) return
      gang.assumed.delete(uid)
      if (gang.assumed.size === 0) gangs.delete(key)
    },
  })
}
