import type { Pod } from '../../api/core/pod.ts'
import { isReady } from '../shared/pods.ts'
import { isAvailable, isUpdated, updateBounds, type View } from './view.ts'

/** What one step changes. */
export interface Changes {
  readonly doomed: readonly Pod[]
  /** Names of nodes that get a new pod. */
  readonly nodes: readonly string[]
}

/** What to do with a pod that has ended: `false` to leave it for now. */
type Ended = (pod: Pod, node: string) => boolean

/** Pods that nodes lack, and pods that are where or as they should not be (upstream podsShouldBeOnNode). */
export function placementChanges(view: View, ended: Ended): Changes {
  const doomed: Pod[] = []
  const nodes: string[] = []
  const surges = view.ds.spec.updateStrategy.type === 'RollingUpdate' && updateBounds(view).surge > 0
  for (const { node, exists, run, stay, pods } of view.places) {
    if (!exists) doomed.push(...pods.filter(p => !p.spec.nodeName && !p.metadata.deletionTimestamp))
    else if (run && pods.length === 0) nodes.push(node)
    else if (stay) {
      const alive = pods.filter(({ metadata }) => !metadata.deletionTimestamp)
      const hasEnded = ({ status }: Pod) => status.phase === 'Failed' || status.phase === 'Succeeded'
      doomed.push(...alive.filter(p => hasEnded(p) && ended(p, node)))
      const running = alive.filter(p => !hasEnded(p))
      doomed.push(...(surges ? surplusOfSurge(view, running) : running.slice(1)))
    } else doomed.push(...pods.filter(({ metadata }) => !metadata.deletionTimestamp))
  }
  return { doomed, nodes }
}

/** Two pods may share a node while the new one is not available yet and the old one still is ready. */
function surplusOfSurge(view: View, running: readonly Pod[]): Pod[] {
  if (running.length <= 1) return []
  const [fresh, ...moreFresh] = running.filter(p => isUpdated(view, p))
  const [old, ...moreOld] = running.filter(p => !isUpdated(view, p))
  const over = fresh && old && (!isReady(old) || isAvailable(view, fresh))
  return [...moreFresh, ...moreOld, ...(over ? [old] : [])]
}

/** The next step from old pods to new ones (upstream rollingUpdate). */
export function updateChanges(view: View): Changes {
  const { surge, unavailable } = updateBounds(view)
  return surge === 0 ? replacing(view, unavailable) : surging(view, surge)
}

/** Deletes old pods as far as enough others are available; the next pass makes the new ones. */
function replacing(view: View, limit: number): Changes {
  const doomed: Pod[] = []
  const candidates: Pod[] = []
  let missing = 0
  for (const { run, pods } of view.places) {
    if (!run && pods.length === 0) continue
    const { fresh, old } = generations(view, pods)
    if (fresh.length > 1 || old.length > 1 || fresh.length === old.length) missing++
    else if (fresh[0]) missing += isAvailable(view, fresh[0]) ? 0 : 1
    else if (isAvailable(view, old[0]!)) candidates.push(old[0]!)
    else {
      doomed.push(old[0]!)
      missing++
    }
  }
  return { doomed: [...doomed, ...candidates.slice(0, Math.max(0, limit - missing))], nodes: [] }
}

/** Starts new pods beside old ones, and deletes an old one once its successor is available. */
function surging(view: View, limit: number): Changes {
  const doomed: Pod[] = []
  const allowed: string[] = []
  const candidates: string[] = []
  let surged = 0
  for (const { node, run, pods } of view.places) {
    const { fresh, old } = generations(view, pods)
    if (fresh.length > 1 || old.length > 1) surged++
    else if (old[0] && !fresh[0]) {
      if (run) (isAvailable(view, old[0]) ? candidates : allowed).push(node)
    } else if (old[0] && fresh[0]) {
      if (isAvailable(view, fresh[0])) doomed.push(old[0])
      else surged++
    }
  }
  return { doomed, nodes: [...allowed, ...candidates.slice(0, Math.max(0, limit - surged))] }
}

function generations(view: View, pods: readonly Pod[]) {
  const alive = pods.filter(({ metadata }) => !metadata.deletionTimestamp)
  return { fresh: alive.filter(p => isUpdated(view, p)), old: alive.filter(p => !isUpdated(view, p)) }
}
