import type { DaemonSetStatus } from '../../api/apps/daemonset.ts'
import { isReady } from '../shared/pods.ts'
import { isAvailable, isUpdated, type View } from './view.ts'

/** The numbers of a DaemonSet's status; of several pods on a node the oldest counts. */
export function statusOf(view: View, collisionCount: number | undefined): DaemonSetStatus {
  const { ds, places } = view
  const status = {
    currentNumberScheduled: 0,
    numberMisscheduled: 0,
    desiredNumberScheduled: 0,
    numberReady: 0,
    observedGeneration: ds.metadata.generation,
    updatedNumberScheduled: 0,
    numberAvailable: 0,
    numberUnavailable: 0,
    collisionCount,
    conditions: ds.status.conditions,
  }
  for (const { exists, run, pods } of places) {
    const oldest = pods[0]
    if (!run) {
      if (oldest && exists) status.numberMisscheduled++
      continue
    }
    status.desiredNumberScheduled++
    if (!oldest) continue
    status.currentNumberScheduled++
    if (isReady(oldest)) status.numberReady++
    if (isAvailable(view, oldest)) status.numberAvailable++
    if (isUpdated(view, oldest)) status.updatedNumberScheduled++
  }
  status.numberUnavailable = status.desiredNumberScheduled - status.numberAvailable
  return status
}
